#pragma once

#include <cstddef>
#include <filesystem>

namespace mlvicx {

/// From now on a mapped file whose bytes cannot be read any more, because it was cut short or its disk failed, ends the
/// process with a sentence and status 2, at once. (The system sends SIGBUS, from which no computation recovers.)
void catch_lost_pages();

/// Names the file behind `size` bytes at `begin` for that sentence, until it is forgotten.
void remember_mapping(const void* begin, std::size_t size, const std::filesystem::path& file);
void forget_mapping(const void* begin);

} // namespace mlvicx
