#include "experiments/bench/part_timer.h"
#include "experiments/bench/peak_memory.h"
#include "methods/device/graph_recorder.h"
#include "methods/pretrain/step_parts.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/small_method.h"

#include <chrono>
#include <optional>
#include <thread>

using namespace mlvicx;

namespace {

/// The weights after some epochs of one step, as bytes.
std::string trained(const std::function<void(Method&)>& on_start, const std::function<void()>& on_end,
                    std::int64_t epochs = 2) {
    const auto method = small_method();
    auto options = small_options();
    options.epochs = epochs;
    const auto images = small_images(12);
    on_start(*method);
    pretrain(*method, images, all_of(images), options, torch::kCPU);
    on_end();
    return digest_of(state_of(*method));
}

} // namespace

TEST_CASE("step observers: parts are named, add up to less than the training, and change no weight", "[unit]") {
    const auto plain = trained([](Method&) {}, [] {});
    std::optional<PartTimer> timer;
    std::optional<PeakMemory> memory;
    std::map<std::string, double> seconds;
    std::chrono::steady_clock::time_point begin;
    double whole = 0;
    const auto observed = trained(
        [&](Method& method) {
            // A step's forward part takes this long at least.
            dynamic_cast<SmallMethod&>(method).on_views = [](const torch::Tensor&, const torch::Tensor&) {
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            };
            memory.emplace(torch::kCPU);
            timer.emplace(torch::kCPU);
            begin = std::chrono::steady_clock::now();
        },
        [&] {
            whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            seconds = timer->seconds();
        });
    timer.reset();
    CHECK(observed == plain);
    double sum = 0;
    for (const char* part : step_parts) {
        if (std::string_view(part) == step_part::recorded) continue;
        INFO(part);
        REQUIRE(seconds.count(part) == 1);
        CHECK(seconds.at(part) > 0);
        sum += seconds.at(part);
    }
    CHECK(seconds.size() == step_parts.size() - 1);
    CHECK(seconds.at(step_part::forward) > 0.02);
    CHECK(sum < whole);
    CHECK(memory->bytes() > 0);
}

TEST_CASE("step observers: where a graph repeats the passes, they are one part, and recording is not observed",
          "[unit]") {
    const auto plain = trained([](Method&) {}, [] {}, 5);
    const EmulatedGraphs emulated;
    std::optional<PartTimer> timer;
    std::map<std::string, double> seconds;
    const auto observed = trained([&](Method&) { timer.emplace(torch::kCPU); }, [&] { seconds = timer->seconds(); }, 5);
    timer.reset();
    CHECK(observed == plain);
    REQUIRE(EmulatedGraphs::replays() == 2); // the first three steps are not repeated
    CHECK(seconds.size() == step_parts.size());
    CHECK(seconds[step_part::recorded] > 0);
}

TEST_CASE("step observers: the peak of memory is that of tensors held at once", "[unit]") {
    const auto before = torch::zeros({1 << 20});
    const PeakMemory memory(torch::kCPU);
    CHECK(memory.bytes() == 0);
    {
        const auto a = torch::zeros({1 << 20}); // 4 MiB
        const auto b = torch::zeros({1 << 18}); // 1 MiB
        CHECK(memory.bytes() == 5 << 20);
    }
    const auto c = torch::zeros({1 << 19}); // 2 MiB, when the others are gone
    CHECK(memory.bytes() == 5 << 20);
    const auto d = torch::zeros({1 << 20});
    CHECK(memory.bytes() == 6 << 20);
}
