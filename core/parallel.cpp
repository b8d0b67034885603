#include "core/parallel.h"

#include "core/interrupt.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mlvicx {

void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work) {
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
    threads = static_cast<unsigned>(std::min<std::size_t>(threads, count));
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> stop = false;
    std::exception_ptr first;
    std::mutex mutex;
    const auto worker = [&] {
        while (!stop) {
            const std::size_t i = next++;
            if (i >= count) return;
            try {
                if (interrupted()) throw Interrupted();
                work(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!first) first = std::current_exception();
                stop = true;
            }
        }
    };
    std::vector<std::thread> pool;
    for (unsigned t = 1; t < threads; ++t) pool.emplace_back(worker);
    if (count > 0) worker();
    for (auto& thread : pool) thread.join();
    if (first) std::rethrow_exception(first);
}

} // namespace mlvicx
