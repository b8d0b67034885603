#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace mlvicx {

/// What a file that is not a safetensors file is, judging by its first bytes and (zip) its table of contents, and what
/// to do with it: "is a PyTorch checkpoint, expected a safetensors file; these two lines of Python convert it: ...".
/// Begins with a verb. Empty if nothing is recognised.
std::string foreign_file_text(const std::filesystem::path& file, std::span<const std::byte> bytes);

} // namespace mlvicx
