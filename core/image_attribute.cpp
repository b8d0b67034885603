#include "core/image_attribute.h"

#include <charconv>
#include <set>

namespace mlvicx {

std::string subgroup_of(std::string_view attribute, const std::string& value) {
    if (attribute != "age" || value.empty()) return value;
    int years = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, years);
    if (error != std::errc() || end != last || years < 0) return {};
    if (years < 40) return "0-39";
    if (years < 60) return "40-59";
    return years < 80 ? "60-79" : "80+";
}

std::vector<std::string> subgroups_of(const ImageAttribute& attribute) {
    std::set<std::string> groups; // the groups of ages ascend by name, too
    for (const auto& value : attribute.values)
        if (auto group = subgroup_of(attribute.name, value); !group.empty()) groups.insert(std::move(group));
    return {groups.begin(), groups.end()};
}

} // namespace mlvicx
