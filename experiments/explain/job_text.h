#pragma once

#include "experiments/runner/jobs.h"

#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// The names of a plan's methods in tables: their labels, or if one is too long for that their numbers from 1.
std::vector<std::string> line_names(const Plan& plan);

/// A plan's jobs as a table of methods and label fractions, how many evaluations are in each of its entries ("3/6": how
/// many of them are done, if any is), and which methods share a pre-training. At most 80 columns
/// wide, except for the list of long labels.
std::string jobs_text(const Plan& plan, const Jobs& jobs, const std::function<bool(const Job&)>& open);

} // namespace mlvicx
