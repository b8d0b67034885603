#pragma once

#include <filesystem>

namespace mlvicx::fuzz {

/// Reads a results file from a stranger as status, verify, report, compare and export do.
void read_results(const std::filesystem::path& file);

} // namespace mlvicx::fuzz
