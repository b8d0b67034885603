#include "tests/support/emulated_kernels.h"

#include "methods/device/graph_recorder.h"
#include "methods/pretrain/pretrain.h"

#include "tests/support/catch.h"
#include "tests/support/pretrained.h"
#include "tests/support/small_method.h"
#include "tests/support/temporary.h"

#include <cstdlib>

using namespace mlvicx;

namespace {

const torch::Device cpu(torch::kCPU);

struct Crash {};

} // namespace

TEST_CASE("training pass: recorded steps give the same bits and records, and a resumed run records again", "[unit]") {
    const OneThread one_thread;
    const EmulatedGpu gpu(GENERATE(false, true)); // with the views' and the update's kernels in the recorded work
    const auto options = small_options();
    const auto images = small_images();
    const auto plain = small_method(), recorded = small_method();
    const auto expected = pretrain(*plain, images, all_of(images), options, cpu);
    const TempFolder folder;
    const auto file = folder / "recorded.safetensors";
    std::vector<EpochRecord> records;
    {
        const EmulatedGraphs emulated;
        const auto stop = [](const EpochRecord& record) {
            if (record.epoch == 4) throw Crash{};
        };
        CHECK_THROWS_AS(pretrain(*recorded, images, all_of(images), options, cpu, {file, "run", stop}), Crash);
        CHECK(EmulatedGraphs::replays() == 5 * 4 - 3);
        records = pretrain(*recorded, images, all_of(images), options, cpu, {file, "run"});
        CHECK(EmulatedGraphs::replays() == 10 * 4 - 2 * 3);
    }
    CHECK(equal_states(*recorded, *plain));
    CHECK(equal_records(records, expected));
}

TEST_CASE("training pass: nothing of a recorded step runs outside of the graph, neither views nor update", "[unit]") {
    const OneThread one_thread;
    const EmulatedGraphs graphs;
    const auto images = small_images(64);
    const auto unrecorded = [&](std::int64_t steps) {
        const EmulatedGpu gpu;
        auto options = small_options();
        options.epochs = 1;
        options.batch_size = images.size(0) / steps;
        pretrain(*small_method(), images, all_of(images), options, cpu);
        return gpu.unrecorded();
    };
    const int of_three_steps = unrecorded(4); // and the alignment at the epoch's end
    CHECK(of_three_steps > 3 * 13);           // 11 or 12 launches for both views, two for LARS
    CHECK(unrecorded(8) == of_three_steps);
}

TEST_CASE("training pass: steps recorded on a GPU train like steps that are not", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const auto options = small_options();
    const auto images = small_images();
    const torch::Device gpu(torch::kCUDA, 0);
    const auto trained = [&](const char* wish) {
        ::setenv("MLVICX_CUDA_GRAPHS", wish, 1);
        const auto method = small_method();
        method->to(gpu);
        const auto records = pretrain(*method, images, all_of(images), options, gpu);
        ::unsetenv("MLVICX_CUDA_GRAPHS");
        return value_of(records.back(), "loss");
    };
    CHECK(trained("on") == Approx(trained("off")).epsilon(1e-3));
}
