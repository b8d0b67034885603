#pragma once

#include "experiments/explain/costs.h"
#include "experiments/explain/needs.h"
#include "experiments/explain/rates.h"
#include "experiments/runner/jobs.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

// Sections of an explanation, 80 columns wide.

std::string datasets_text(const Needs& needs);
/// Every file, those that are missing or wrong marked, and their number.
std::string files_text(const Needs& needs);
/// `encoders`: how many files; `results`: the results file, next to which all is written.
std::string disk_text(const DiskUse& use, std::int64_t encoders, const std::filesystem::path& results);
/// The method that needs most, and what is free on `device`.
std::string memory_text(const Plan& plan, const std::vector<MethodSize>& sizes, const Needs& needs,
                        const torch::Device& device);
/// One column per machine of the rates.
std::string times_text(const Plan& plan, const Jobs& jobs, const Needs& needs, const Rates& rates,
                       const std::function<bool(const Job&)>& open);

} // namespace mlvicx
