#pragma once

#include "experiments/plan_text.h"

#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// An entry of a plan's `methods` after its grid was expanded.
struct MethodText {
    json::object text;           ///< with the values of its grid, its label included; without "grid"
    std::string path;            ///< "$.methods[0]": the entry in the file
    std::vector<PlanPart> parts; ///< what wrote `text` except its label: the entry, then each value of a grid
};

/// The entries of `methods`, a method's name written as an object. `"grid": {"hidden": [256, 512], ...}` in an entry
/// makes one entry of every combination of its values, the first key varying slowest; dotted keys reach into groups
/// ("optimizer.learning_rate"). A grid at the top level of the plan does that to every method that trains, before its
/// own grid, which takes precedence for a key that both have. The label of such an entry is its own label, or name,
/// and the values: "mlvicx (hidden 256; epochs 100)". A grid's values replace those that the entry gives.
/// `trains` tells whether a method does; it may throw for an unknown name, and gets the entry's place for the message.
/// Throws UserError that names file and key for a grid that is not an object of lists with distinct values.
std::vector<MethodText>
expand_methods(const PlanText& plan,
               const std::function<bool(const std::string& name, const std::string& where)>& trains);

} // namespace mlvicx
