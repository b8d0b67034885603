// Views of 32 images, as a pre-training step makes them. The released pipeline of MLVICX takes 48-50 ms of one core for
// the two views of one image at 224 pixels. Counter: milliseconds per image.
#include "experiments/performance/arguments.h"
#include "methods/pretrain/recipes.h"
#include "methods/views/views_parameters.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace {

using namespace mlvicx;

constexpr std::int64_t batch = 32;

std::vector<std::int64_t> indices() {
    std::vector<std::int64_t> result;
    for (std::int64_t i = 0; i < batch; ++i) result.push_back(i);
    return result;
}

torch::Tensor images_of(std::int64_t pixels) {
    torch::manual_seed(1);
    return torch::randint(0, 256, {batch, pixels, pixels}, torch::kUInt8);
}

/// BYOL's recipes for both views.
std::pair<ViewRecipe, ViewRecipe> recipes() {
    PretrainOptions options;
    byol_views(options);
    return {options.view1, options.view2};
}

/// Both views, up to the encoder's input. Arguments: side of the images, side of the views, in pixels.
void two_views(benchmark::State& state) {
    const auto images = images_of(state.range(0));
    const auto [first, second] = recipes();
    std::int64_t epoch = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (auto _ : state) {
        for (int view = 0; view < 2; ++view)
            benchmark::DoNotOptimize(encoder_input(
                make_views(images, indices(), view == 0 ? first : second, state.range(1), {0, epoch, view})));
        ++epoch;
    }
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
    state.counters["ms_per_image"] = spent.count() / static_cast<double>(epoch * batch);
    state.SetItemsProcessed(epoch * batch);
}

void plain_views(benchmark::State& state) {
    const auto images = images_of(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(encoder_input(plain_view(images, state.range(1))));
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * batch);
}

Values made_views(const Sizes& sizes) {
    const auto images = images_of(sizes[0]);
    const auto [first, second] = recipes();
    return values_of({make_views(images, indices(), first, sizes[1], {0, 0, 0}),
                      make_views(images, indices(), second, sizes[1], {0, 0, 1})});
}

torch::Tensor as_grey(const torch::Tensor& image) {
    return image.to(torch::kFloat32).div(255).unsqueeze(0).unsqueeze(0);
}

/// An image's view with LibTorch's own operations: [1, 1, size, size].
torch::Tensor view_directly(const torch::Tensor& image, const ViewParameters& drawn, double threshold,
                            std::int64_t size) {
    const auto crop = as_grey(image).narrow(2, drawn.top, drawn.height).narrow(3, drawn.left, drawn.width);
    auto x = at::_upsample_bicubic2d_aa(crop, {size, size}, false).clamp(0, 1);
    if (drawn.flip) x = x.flip(3);
    const auto brighten = [&] { x = (x * drawn.brightness).clamp(0, 1); };
    if (drawn.brightness_first) brighten();
    x = (x * drawn.contrast + x.mean() * (1 - drawn.contrast)).clamp(0, 1);
    if (!drawn.brightness_first) brighten();
    if (drawn.sigma > 0) {
        const auto radius = std::max<std::int64_t>(1, size / 10 / 2);
        const auto distance = torch::arange(-radius, radius + 1, torch::kFloat64);
        const double sigma = drawn.sigma * static_cast<double>(size) / 224;
        const auto weights = torch::exp(-distance.square() / (2 * sigma * sigma));
        const auto kernel = (weights / weights.sum()).to(torch::kFloat32).view({1, 1, 1, -1});
        const auto around = torch::reflection_pad2d(x, {radius, radius, radius, radius});
        x = torch::conv2d(torch::conv2d(around, kernel), kernel.transpose(2, 3)).clamp(0, 1);
    }
    return drawn.solarize ? torch::where(x >= threshold, 1 - x, x) : x;
}

Values views_directly(const Sizes& sizes) {
    const auto images = images_of(sizes[0]);
    const auto [first, second] = recipes();
    std::vector<torch::Tensor> both;
    for (int view = 0; view < 2; ++view) {
        const auto& recipe = view == 0 ? first : second;
        std::vector<torch::Tensor> made;
        for (std::int64_t i = 0; i < batch; ++i)
            made.push_back(view_directly(images[i], drawn_view(recipe, sizes[0], i, {0, 0, view}),
                                         recipe.solarize_threshold, sizes[1]));
        both.push_back(torch::cat(made));
    }
    return values_of(both);
}

Values plain_view_directly(const Sizes& sizes) {
    std::vector<torch::Tensor> made;
    const auto images = images_of(sizes[0]);
    for (std::int64_t i = 0; i < batch; ++i)
        made.push_back(at::_upsample_bilinear2d_aa(as_grey(images[i]), {sizes[1], sizes[1]}, false));
    return values_of({torch::cat(made)});
}

} // namespace

int main(int argc, char** argv) {
    use_all_threads(); // OMP_NUM_THREADS=1 gives the figures of one core
    verified_benchmark({.name = "two_views",
                        .candidate = made_views,
                        .reference = views_directly,
                        .tolerance = 1e-4,
                        .timed = two_views,
                        .sizes = {{224, 224}, {256, 224}, {512, 224}, {96, 96}}},
                       in_real_milliseconds);
    verified_benchmark(
        {.name = "plain_views",
         .candidate = [](const Sizes& sizes) { return values_of({plain_view(images_of(sizes[0]), sizes[1])}); },
         .reference = plain_view_directly,
         .tolerance = 1e-4,
         .timed = plain_views,
         .sizes = {{224, 224}, {256, 224}}},
        in_real_milliseconds);
    return run_registered(argc, argv);
}
