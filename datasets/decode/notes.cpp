#include "datasets/decode/notes.h"

#include "core/progress.h"

namespace mlvicx {

json::object count_notes(const std::vector<Notes>& notes) {
    constexpr std::size_t shown = 5;
    json::object counted;
    for (const Notes& list : notes)
        for (const Note& note : list) {
            json::object& entry =
                counted[note.kind].is_object() ? counted[note.kind].as_object() : counted[note.kind].emplace_object();
            if (entry.empty()) entry = {{"count", std::uint64_t{0}}, {"first", json::array()}};
            ++entry["count"].as_uint64();
            if (entry["first"].as_array().size() < shown) entry["first"].as_array().emplace_back(note.where);
        }
    return counted;
}

void say_notes(const json::object& counted) {
    for (const auto& [kind, entry] : counted) {
        std::string names;
        for (const auto& name : entry.at("first").as_array())
            names.append(names.empty() ? "" : ", ").append(name.as_string());
        say("{}: {}, first {}", std::string_view(kind), entry.at("count").to_number<std::uint64_t>(), names);
    }
}

} // namespace mlvicx
