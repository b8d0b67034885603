#include "tests/support/catch.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <atomic>

TEST_CASE("our own loops run on every thread that LibTorch has", "[unit]") {
    const auto before = at::get_num_threads();
    at::set_num_threads(2);
    std::atomic<int> threads = 0; // built without OpenMP, LibTorch's loop would silently use one
    at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) { threads += 1 << at::get_thread_num(); });
    at::set_num_threads(before);
    CHECK(threads == 3);
}
