#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace mlvicx {

/// Bytes that a results file and its artifacts take, by what they are: "results" (with the log), "encoders",
/// "checkpoints", "features", ... (the folders of its artifacts).
std::map<std::string, double> disk_used(const std::filesystem::path& results);

/// "disk: 1.24 GB (encoders 0.68 GB, results 0.32 GB, ...)", the largest first.
std::string disk_used_text(const std::map<std::string, double>& used);

} // namespace mlvicx
