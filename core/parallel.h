#pragma once

#include <cstddef>
#include <functional>

namespace mlvicx {

/// Calls work(i) for i in 0 .. count-1 on `threads` threads (0: all cores), items handed out one by one. The first
/// exception stops the others and is thrown again here; so is Interrupted after a signal.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

} // namespace mlvicx
