// Features of a random ResNet-18 for 256 images, as evaluations extract them (images by index, plain views, progress),
// against the encoder's forward pass alone on the same batches, whose inputs are ready. Arguments: side of the images
// and of the views in pixels, 1 for bf16. `--device cuda` works on a GPU.
#include "experiments/evaluation/features.h"
#include "experiments/encoder_table.h"
#include "experiments/performance/arguments.h"
#include "methods/views/views.h"

#include <torch/torch.h>

#include <numeric>
#include <vector>

using namespace mlvicx;

namespace {

constexpr std::int64_t count = 256;
torch::Device device = torch::kCPU;

struct Work {
    std::shared_ptr<Encoder> encoder;
    torch::Tensor images; ///< u8
    std::vector<std::int64_t> indices;
    Inference inference;

    explicit Work(const Sizes& sizes) : encoder(make_encoder("resnet18")), indices(count) {
        torch::manual_seed(1);
        images = torch::randint(256, {count, sizes[0], sizes[0]}, torch::kUInt8);
        for (auto& parameter : encoder->parameters()) torch::nn::init::normal_(parameter, 0, 0.05);
        encoder->to(device);
        encoder->eval();
        std::iota(indices.begin(), indices.end(), 0);
        inference = {sizes[0], device, sizes[1] == 1 ? Precision::bf16 : Precision::fp32, device.is_cuda() ? 256 : 32};
    }

    torch::Tensor extracted() { return extract_features(*encoder, images, indices, inference); }

    std::vector<torch::Tensor> inputs() {
        std::vector<torch::Tensor> batches;
        for (const auto& part : images.split(inference.batch))
            batches.push_back(encoder_input(plain_view(part.to(device), inference.image_size)));
        return batches;
    }
    torch::Tensor forward(const std::vector<torch::Tensor>& batches) {
        const torch::NoGradGuard no_grad;
        std::vector<torch::Tensor> features;
        for (const auto& batch : batches) {
            const Autocast autocast(device, inference.precision);
            features.push_back(encoder->forward(batch));
        }
        return torch::cat(features);
    }
};

template <typename Features> void timed(benchmark::State& state, const Features& features) {
    for (auto _ : state) {
        const torch::Tensor sum = features().sum();
        benchmark::DoNotOptimize(sum.item<double>()); // waits for a GPU
    }
    state.SetItemsProcessed(state.iterations() * count);
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& rest, char** given) {
        device = take_device(rest, given);
        set_quiet(true);
        const std::vector<Sizes> sizes = {{64, 0}, {64, 1}, {224, 0}, {224, 1}};
        const auto forward = [](const Sizes& of) {
            Work work(of);
            return values_of({work.forward(work.inputs())});
        };
        const auto extracted = [](const Sizes& of) { return values_of({Work(of).extracted()}); };
        verified_benchmark({.name = "features/extracted",
                            .candidate = extracted,
                            .reference = forward,
                            .tolerance = 1e-5,
                            .timed =
                                [](benchmark::State& state) {
                                    Work work({state.range(0), state.range(1)});
                                    timed(state, [&] { return work.extracted(); });
                                },
                            .sizes = sizes},
                           in_real_milliseconds);
        verified_benchmark({.name = "features/forward_only",
                            .candidate = forward,
                            .reference = extracted,
                            .tolerance = 1e-5,
                            .timed =
                                [](benchmark::State& state) {
                                    Work work({state.range(0), state.range(1)});
                                    const auto batches = work.inputs();
                                    timed(state, [&] { return work.forward(batches); });
                                },
                            .sizes = sizes},
                           in_real_milliseconds);
    });
}
