#pragma once

#include <cstddef>
#include <functional>

namespace mlvicx {

/// Calls work(i) for i in 0 .. count-1 on `threads` threads (0: all cores), handing out items one by one. The first
/// exception stops the other threads and is rethrown here; after a signal, Interrupted is thrown.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

} // namespace mlvicx
