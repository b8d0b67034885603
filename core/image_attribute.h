#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// What is known about each image of a set besides its findings: "sex" (female, male), "age" (in years), "view" (PA,
/// AP, lateral, ...).
struct ImageAttribute {
    std::string name;
    std::vector<std::string> values; ///< one per image; empty: unknown

    bool operator==(const ImageAttribute&) const = default;
};

/// The subgroup that a value belongs to: of an age in years 0-39, 40-59, 60-79 or 80+, of another attribute the value
/// itself. Empty for an unknown value, and for an age that is not a number of years. These four groups are those that
/// Seyyed-Kalantari et al. (Nature Medicine 27, 2021) use, with the two youngest of theirs joined: few patients of a
/// public dataset are younger than 20.
std::string subgroup_of(std::string_view attribute, const std::string& value);

/// The subgroups that the values belong to, without unknown ones: ages ascending, others by name.
std::vector<std::string> subgroups_of(const ImageAttribute& attribute);

} // namespace mlvicx
