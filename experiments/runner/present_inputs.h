#pragma once

#include "experiments/open_dataset.h"
#include "experiments/runner/jobs.h"

#include <filesystem>
#include <functional>
#include <set>
#include <string>

namespace mlvicx {

/// The datasets that a plan evaluates on, also by external tests, and those that it pre-trains on if a method trains.
std::set<std::string> used_datasets(const Plan& plan);

/// `data` with the label subsets that the plan imports for it, and only the classes that count, if it is evaluated.
OpenDataset open_with_subsets(const Plan& plan, const std::string& name, OpenDataset data);

/// Adds an open dataset to the inputs of a plan's jobs.
void add_input(JobInputs& inputs, const std::string& name, const OpenDataset& data);

/// The inputs of a plan's jobs as they are now, for telling which jobs are done; prepares and writes nothing. A dataset
/// that is not prepared yet, or whose sources have changed since (unless `trust_prepared`), gets a fingerprint that no
/// job has; `tell` gets a sentence about it. Throws UserError for a file that cannot be read.
JobInputs present_inputs(const Plan& plan, const std::filesystem::path& results, bool trust_prepared,
                         const std::function<void(const std::string& sentence)>& tell);

} // namespace mlvicx
