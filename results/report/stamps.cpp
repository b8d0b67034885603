#include "results/report/stamps.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace mlvicx {

namespace {

/// To add a stamp, add a row.
struct Stamp {
    const char* name;
    const char* mark;
    const char* words;
    const char* legend;
};

constexpr std::array table = {
    Stamp{stamp::test_as_published, "§", "chosen on the test images",
          "checkpoint, regularisation or neighbours were chosen on the test images, as some published work does: too "
          "high, and not comparable with the other figures."},
    Stamp{stamp::shared_patients, "‡", "patients in two splits",
          "the lists of the split put images of one patient into two splits: test patients are known from training."}};

std::size_t place_of(const std::string& name) {
    return static_cast<std::size_t>(
        std::find_if(table.begin(), table.end(), [&](const Stamp& stamp) { return name == stamp.name; }) -
        table.begin());
}

/// A stamp of a later release has no row: its name is all that is known.
Stamp row_of(const std::string& name) {
    const std::size_t place = place_of(name);
    return place < table.size() ? table[place] : Stamp{name.c_str(), "!", name.c_str(), name.c_str()};
}

Stamps in_order(const std::set<std::string>& names) {
    Stamps stamps(names.begin(), names.end());
    std::stable_sort(stamps.begin(), stamps.end(),
                     [](const std::string& a, const std::string& b) { return place_of(a) < place_of(b); });
    return stamps;
}

Stamps stamps_of(const json::value* list) {
    std::set<std::string> names;
    if (list != nullptr && list->is_array())
        for (const auto& name : list->get_array())
            if (name.is_string()) names.emplace(name.get_string());
    return in_order(names);
}

} // namespace

Stamps stamps_in(const json::object& details) {
    return stamps_of(details.if_contains("stamps"));
}

Stamps stamps_from(std::string_view list) {
    if (list.empty()) return {};
    boost::system::error_code failed;
    const json::value value = json::parse(json::string_view(list.data(), list.size()), failed);
    return failed ? Stamps() : stamps_of(&value);
}

Stamps united(const Stamps& one, const Stamps& other) {
    std::set<std::string> names(one.begin(), one.end());
    names.insert(other.begin(), other.end());
    return in_order(names);
}

std::string marks_of(const Stamps& stamps) {
    std::string marks;
    for (const auto& name : stamps) marks += std::string(marks.empty() ? "" : " ") + row_of(name).mark;
    return marks;
}

std::string words_of(const std::string& stamp) {
    return row_of(stamp).words;
}

std::string stamp_legend(const std::string& stamp) {
    const Stamp row = row_of(stamp);
    return fmt::format("{}: {}", row.mark, row.legend);
}

std::string stamp_names(const Stamps& stamps) {
    return fmt::format("{}", fmt::join(stamps, " "));
}

} // namespace mlvicx
