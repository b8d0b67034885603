#pragma once

#include <filesystem>

namespace mlvicx::fuzz {

class Input;

/// Reads a results file from a stranger as status, verify, report, compare and export do, and as `run` opens it.
void read_results(const Input& input, const std::filesystem::path& file);

} // namespace mlvicx::fuzz
