#pragma once

#include "core/json.h"
#include "experiments/bench/bench.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// A measurement as JSON: machine, program, setting and rows (docs/machines.md). `images`: what the steps saw.
json::object bench_record(const BenchDevice& device, const std::vector<BenchRow>& rows, const std::string& images);

/// Two records as ratios, at most 80 columns. Throws UserError that names the file if one is no such record, or if they
/// measure different settings.
std::string bench_comparison(const std::filesystem::path& a, const std::filesystem::path& b);

} // namespace mlvicx
