// Fine-tuning a ResNet-18 as evaluations do (views, forward, backward, AdamW, progress): the time of an epoch, with
// four images to validate. Arguments: side of the images and of the views in pixels, images a step, 1 for bf16. Half of
// a SimCLR step's time for as many images (`mlvicx-bench bench`) is that of one view. `--device cuda` works on a GPU.
#include "experiments/evaluation/finetune.h"
#include "experiments/encoder_table.h"
#include "experiments/performance/arguments.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

using namespace mlvicx;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t findings = 14, held_out = 4;
torch::Device device = torch::kCPU;

/// `train` images with random findings, and a few more to validate and test.
OpenDataset random_data(std::int64_t train, std::int64_t side) {
    torch::manual_seed(1);
    OpenDataset data;
    data.images = torch::randint(256, {train + 2 * held_out, side, side}, torch::kUInt8);
    data.labels = torch::rand({train + 2 * held_out, findings}).lt(0.3).to(torch::kInt8);
    for (std::int64_t c = 0; c < findings; ++c) data.classes.push_back(fmt::format("finding {}", c));
    data.train.resize(static_cast<std::size_t>(train));
    std::iota(data.train.begin(), data.train.end(), 0);
    for (std::int64_t i = 0; i < held_out; ++i) {
        data.validation.push_back(train + i);
        data.test.push_back(train + held_out + i);
    }
    data.move_to(device);
    return data;
}

/// Fine-tunes for some epochs; `on_epoch` follows it.
void finetune(const OpenDataset& data, const Sizes& sizes, std::int64_t epochs, const OnEpoch& on_epoch) {
    FinetuneOptions options;
    options.epochs = options.patience = epochs;
    options.batch_size = sizes[1];
    options.warmup_epochs = 0;
    options.precision = sizes[2] == 1 ? "bf16" : "fp32";
    const auto encoder = make_encoder("resnet18");
    evaluate_finetuned(*encoder, data, options, {1, sizes[0], device, on_epoch});
}

double loss_in(const std::vector<CurvePoint>& epoch) {
    for (const auto& point : epoch)
        if (point.name == "train_loss") return point.value;
    throw InternalError("an epoch has no loss");
}

/// The loss of a first step. The head begins with the findings' priors, whatever the features.
Values first_loss(const Sizes& sizes) {
    double loss = 0;
    const auto data = random_data(sizes[1], sizes[0]);
    finetune(data, sizes, 1, [&](const auto& epoch) { loss = loss_in(epoch); });
    return {{loss}};
}
Values entropy_of_priors(const Sizes& sizes) {
    const auto prior = random_data(sizes[1], sizes[0]).labels.narrow(0, 0, sizes[1]).to(torch::kFloat64).mean(0);
    const auto entropy = -(prior * prior.log() + (1 - prior) * (1 - prior).log());
    return {{entropy.mean().item<double>()}};
}

void timed(benchmark::State& state) {
    const Sizes sizes{state.range(0), state.range(1), state.range(2)};
    // Enough that what happens once an epoch, a batch to validate and a copy of the weights, takes a few per cent.
    const auto steps =
        device.is_cuda() ? 32 : std::max<std::int64_t>(4, (std::int64_t{1} << 21) / (sizes[0] * sizes[0]) / sizes[1]);
    const auto images = steps * sizes[1];
    const auto data = random_data(images, sizes[0]);
    for (auto _ : state) {
        std::vector<Clock::time_point> ends;
        finetune(data, sizes, 3, [&](const auto&) { ends.push_back(Clock::now()); });
        const std::chrono::duration<double> two = ends.back() - ends.front(); // the first has what happens once
        state.SetIterationTime(two.count() / 2);
    }
    state.SetItemsProcessed(state.iterations() * images);
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& rest, char** given) {
        device = take_device(rest, given);
        set_quiet(true);
        const auto batch = device.is_cuda() ? 256 : 32;
        verified_benchmark({.name = "finetune/epoch",
                            .candidate = first_loss,
                            .reference = entropy_of_priors,
                            .tolerance = 1e-3,
                            .timed = timed,
                            .sizes = {{64, batch, 0}, {64, batch, 1}, {224, batch, 0}, {224, batch, 1}}},
                           [](auto* registered) { registered->Unit(benchmark::kMillisecond)->UseManualTime(); });
    });
}
