#include "tests/support/emulated_kernels.h"

#include "methods/kernels/batch_norm_add_relu.h"
#include "methods/kernels/max_pool.h"
#include "methods/optimizer/optimizer.h"
#include "mlvicx/context_maps.h"
#include "mlvicx/gate_convolution.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace mlvicx;
using torch::Tensor;

namespace {

using Tensors = std::vector<Tensor>;
using Shape = std::vector<std::int64_t>;

/// Something that our kernels compute, on a device: values and gradients.
using Work = std::function<Tensors(const torch::Device&)>;

/// The values, and the gradients of a loss that weights every entry differently.
Tensors with_gradients(const Tensors& values, const Tensors& inputs) {
    Tensor loss;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto weight = noise(values[i].sizes().vec(), 90 + i).to(values[i].scalar_type()).to(values[i].device());
        const auto term = (values[i] * weight).sum().to(torch::kFloat64);
        loss = loss.defined() ? loss + term : term;
    }
    auto result = torch::autograd::grad({loss}, inputs);
    for (const auto& value : values) result.push_back(value.detach());
    return result;
}

/// Numbers of one type; its inputs differ by stream.
struct Numbers {
    torch::ScalarType type;
    torch::Device device;

    Tensor map(const Shape& shape, std::uint64_t stream, double shift = 0) const {
        const auto numbers = (noise(shape, stream) + shift).to(type).to(device);
        return numbers.contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
    }
    Tensor plain(const Shape& shape, std::uint64_t stream) const {
        return noise(shape, stream).to(type).to(device).requires_grad_();
    }
};

struct NormCase {
    Activation activation;
    bool adds;
    std::int64_t views;
    Shape shape;
};
Work batch_norm_of(torch::ScalarType type, const NormCase& given) {
    return [=](const torch::Device& device) {
        const Numbers numbers{type, device};
        const auto channels = given.shape[1];
        BatchNorm norm(channels);
        {
            const torch::NoGradGuard no_gradient;
            norm->weight.copy_(noise({channels}, 4) + 1.5);
            norm->bias.copy_(noise({channels}, 5));
        }
        norm->to(device);
        norm->views = given.views;
        const auto x = numbers.map(given.shape, 1, 0.5), added = numbers.map(given.shape, 2);
        Tensors inputs{x, norm->weight, norm->bias};
        if (given.adds) inputs.push_back(added);
        const auto y = batch_norm_add_relu(norm, x, given.activation, given.adds ? added : Tensor());
        auto result = with_gradients({y}, inputs);
        result.insert(result.end(), {norm->running_mean, norm->running_var});
        return result;
    };
}

Work max_pool_of(torch::ScalarType type, const Shape& shape) {
    return [=](const torch::Device& device) {
        const auto x = Numbers{type, device}.map(shape, 1);
        {
            const torch::NoGradGuard no_gradient;
            x.mul_(4).round_(); // nine values: many are equal
            if (shape[2] > 6) x.slice(2, 0, 3).slice(3, 0, 3).fill_(-std::numeric_limits<float>::infinity());
        }
        return with_gradients({max_pool(x).clamp_min(-9)}, {x}); // a sum of infinities would be no number
    };
}

Work over_pixels_of(torch::ScalarType type, const Shape& shape) {
    return [=](const torch::Device& device) {
        const auto x = Numbers{type, device}.map(shape, 1);
        const auto pass = over_pixels(x);
        return with_gradients({pass.found, pass.map}, {x});
    };
}

Work over_channels_of(torch::ScalarType type, const Shape& shape) {
    return [=](const torch::Device& device) {
        const Numbers numbers{type, device};
        const auto x = numbers.map(shape, 1), channels = numbers.plain({shape[0], shape[1]}, 2);
        const auto pass = over_channels(x, channels);
        return with_gradients({pass.found, pass.map}, {x, channels});
    };
}

Work gated_of(torch::ScalarType type, const Shape& shape) {
    return [=](const torch::Device& device) {
        const Numbers numbers{type, device};
        const auto x = numbers.map(shape, 1), channels = numbers.plain({shape[0], shape[1]}, 2),
                   pixels = numbers.plain({shape[0], 1, shape[2], shape[3]}, 3);
        return with_gradients({gated(x, channels, pixels)}, {x, channels, pixels});
    };
}

Work gate_convolution_of(torch::ScalarType type, std::int64_t height, std::int64_t width) {
    return [=](const torch::Device& device) {
        const auto x = Numbers{type, device}.plain({3, 2, height, width}, 1);
        const auto weight = Numbers{torch::kFloat32, device}.plain({1, 2, 7, 7}, 2);
        return with_gradients({gate_convolution(x, weight)}, {x, weight});
    };
}

/// Two steps over more weights than one launch takes, one of which has several chunks, one no gradient.
Work optimizer_of(const std::string& name) {
    return [=](const torch::Device& device) {
        const Numbers numbers{torch::kFloat32, device};
        OptimizerOptions options;
        options.name = name;
        options.weight_decay = 0.01;
        options.bias_rate_factor = 0.1;
        std::vector<std::pair<std::string, Tensor>> parameters;
        for (std::int64_t i = 0; i < 100; ++i) {
            Shape shape{3, 5 + i};
            if (i % 3 == 0) shape = {7 + i};
            if (i == 50) shape = {2, 40'000};
            parameters.emplace_back(std::to_string(i), numbers.plain(shape, 10 + static_cast<std::uint64_t>(i)));
        }
        parameters.emplace_back("zeros", torch::zeros({4, 4}, device).requires_grad_()); // has no trust ratio
        parameters.emplace_back("unused", torch::ones({4, 4}, device).requires_grad_());
        const auto optimizer = make_optimizer(options, parameters);
        for (std::uint64_t step = 0; step < 2; ++step) {
            for (std::size_t i = 0; i + 1 < parameters.size(); ++i)
                parameters[i].second.mutable_grad() =
                    numbers.plain(parameters[i].second.sizes().vec(), 200 + 100 * step + i).detach();
            optimizer->step(0.3);
        }
        Tensors result;
        for (const auto& item : parameters) result.push_back(item.second.detach());
        for (const auto& item : optimizer->state()) result.push_back(item.second);
        return result;
    };
}

/// The most that an entry may differ, as a part of a result's largest: one rounding to bf16 may fall to either side.
double bound(torch::ScalarType type) {
    return type == torch::kBFloat16 ? 0x1p-7 : 1e-5;
}

void close(const Tensors& found, const Tensors& expected, double tolerance) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        REQUIRE(found[i].sizes() == expected[i].sizes());
        REQUIRE(found[i].scalar_type() == expected[i].scalar_type());
        const auto exact = expected[i].to(torch::kFloat64);
        const auto gap = (found[i].cpu().to(torch::kFloat64) - exact).abs();
        // A number at ReLU's edge may round to its other side: one in ten thousand gradients may differ by more.
        const auto apart = gap > tolerance * exact.abs().max();
        CHECK(apart.to(torch::kFloat64).mean().item<double>() < 1e-4);
    }
}

/// The GPU's form gives what the CPU's form gives, and the same bits whichever thread of a block comes first: none
/// reads what another writes in the same phase.
void agree(torch::ScalarType type, const Work& work) {
    const auto expected = work(torch::kCPU);
    Tensors found, backwards;
    {
        const EmulatedGpu gpu;
        found = work(torch::kCPU);
        REQUIRE(gpu.launches() > 0);
    }
    {
        const EmulatedGpu gpu(true, true);
        backwards = work(torch::kCPU);
    }
    close(found, expected, bound(type));
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(torch::equal(found[i], backwards[i]));
}

} // namespace

TEST_CASE("gpu forms: batch norm is the CPU's, with all that follows it", "[unit]") {
    const auto type = GENERATE(torch::kFloat32, torch::kBFloat16);
    const auto activation = GENERATE(Activation::none, Activation::relu);
    const bool adds = GENERATE(true, false);
    const std::int64_t views = GENERATE(1, 2);
    // Idle threads (72 channels), one thread for a row (8), several blocks of a view, a last block that is not full.
    const auto shape = GENERATE(Shape{4, 72, 5, 5}, Shape{2, 8, 70, 40}, Shape{6, 64, 13, 13});
    CAPTURE(type, activation == Activation::relu, adds, views, shape);
    agree(type, batch_norm_of(type, {activation, adds, views, shape}));
}

TEST_CASE("gpu forms: max pooling is the CPU's", "[unit]") {
    const auto type = GENERATE(torch::kFloat32, torch::kBFloat16);
    const auto shape = GENERATE(Shape{3, 8, 1, 1}, Shape{3, 16, 1, 8}, Shape{3, 72, 7, 6}, Shape{3, 64, 8, 13});
    CAPTURE(type, shape);
    agree(type, max_pool_of(type, shape));
}

TEST_CASE("gpu forms: NaN wins its windows of a max pooling", "[unit]") {
    const auto x = Numbers{torch::kFloat32, torch::kCPU}.map({2, 8, 9, 9}, 1);
    {
        const torch::NoGradGuard no_gradient;
        x.select(2, 2).select(2, 3).fill_(std::nan(""));
        x.select(2, 3).select(2, 3).fill_(std::nan(""));
    }
    const auto outcome = [&] {
        const auto y = max_pool(x);
        return Tensors{y.detach(), torch::autograd::grad({y.nan_to_num(1).sum()}, {x})[0]};
    };
    const auto expected = outcome();
    const EmulatedGpu gpu;
    const auto found = outcome();
    REQUIRE(gpu.launches() > 0);
    CHECK(found[0].isnan().any().item<bool>());
    CHECK(torch::equal(found[0].isnan(), expected[0].isnan()));
    CHECK(torch::equal(found[1], expected[1]));
}

TEST_CASE("gpu forms: NaN in a batch norm stays visible", "[unit]") {
    const EmulatedGpu gpu;
    BatchNorm norm(8);
    const auto x = Numbers{torch::kFloat32, torch::kCPU}.map({2, 8, 3, 3}, 1).detach();
    x[1][2][0][0] = std::nan("");
    const auto y = batch_norm_add_relu(norm, x, Activation::relu);
    REQUIRE(gpu.launches() == 3);
    CHECK(y.select(1, 2).isnan().all().item<bool>());
    CHECK_FALSE(y.select(1, 1).isnan().any().item<bool>());
}

TEST_CASE("gpu forms: the passes of a context bottleneck are the CPU's", "[unit]") {
    const auto type = GENERATE(torch::kFloat32, torch::kBFloat16);
    const auto shape = GENERATE(Shape{3, 8, 37, 38}, Shape{3, 72, 9, 10}, Shape{3, 64, 20, 21}, Shape{3, 512, 3, 4});
    CAPTURE(type, shape);
    agree(type, over_pixels_of(type, shape));
    agree(type, over_channels_of(type, shape));
    agree(type, gated_of(type, shape));
}

TEST_CASE("gpu forms: among equal maxima of a context map the first gets the gradient", "[unit]") {
    const auto x = torch::zeros({1, 40, 30, 3}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
    const EmulatedGpu gpu;
    const auto of_pixels = torch::autograd::grad({over_pixels(x).found[1].sum()}, {x})[0];
    CHECK(of_pixels.sum().item<double>() == 40);
    CHECK(of_pixels.select(2, 0).select(2, 0).sum().item<double>() == 40);
    const auto of_channels =
        torch::autograd::grad({over_channels(x, torch::ones({1, 40})).found.select(1, 1).sum()}, {x})[0];
    CHECK(of_channels.sum().item<double>() == 90);
    CHECK(of_channels.select(1, 0).sum().item<double>() == 90);
    CHECK(gpu.launches() == 6);
}

TEST_CASE("gpu forms: the gate's convolution is the CPU's", "[unit]") {
    const auto type = GENERATE(torch::kFloat32, torch::kBFloat16);
    const auto [height, width] = GENERATE(std::pair{1, 1}, std::pair{7, 7}, std::pair{12, 37}, std::pair{17, 64});
    CAPTURE(type, height, width);
    agree(type, gate_convolution_of(type, height, width));
}

TEST_CASE("gpu forms: optimisers move the weights as on the CPU", "[unit]") {
    const std::string name = GENERATE("lars", "sgd", "adamw");
    CAPTURE(name);
    agree(torch::kFloat32, optimizer_of(name));
}

TEST_CASE("gpu forms: maps that the kernels do not take are left to others", "[unit]") {
    const EmulatedGpu gpu;
    BatchNorm norm(12); // no multiple of eight
    const auto bf16 = Numbers{torch::kBFloat16, torch::kCPU}.map({2, 12, 3, 3}, 1);
    CHECK(torch::isfinite(batch_norm_add_relu(norm, bf16)).all().item<bool>());
    CHECK(torch::isfinite(max_pool(Numbers{torch::kFloat64, torch::kCPU}.map({2, 8, 3, 3}, 1))).all().item<bool>());
    CHECK(gpu.launches() == 0);
}

TEST_CASE("gpu forms: the kernels give on a GPU what the CPU gives", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const torch::Device gpu(torch::kCUDA, 0);
    for (auto* program : KernelProgram::all()) {
        INFO(program->title());
        REQUIRE(program->fault(0) == "");
    }
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
        CAPTURE(type);
        std::vector<std::pair<const char*, Work>> works{
            {"norm, relu", batch_norm_of(type, {Activation::relu, false, 2, {6, 64, 56, 56}})},
            {"norm, added, relu", batch_norm_of(type, {Activation::relu, true, 2, {6, 128, 28, 28}})},
            {"norm", batch_norm_of(type, {Activation::none, false, 1, {6, 512, 7, 7}})},
            {"pool", max_pool_of(type, {5, 64, 113, 112})},
            {"over pixels", over_pixels_of(type, {5, 64, 112, 112})},
            {"over channels", over_channels_of(type, {5, 256, 28, 28})},
            {"gated", gated_of(type, {5, 64, 112, 112})},
            {"gate convolution", gate_convolution_of(type, 112, 112)}};
        if (type == torch::kFloat32)
            for (const char* name : {"lars", "sgd", "adamw"}) works.emplace_back(name, optimizer_of(name));
        for (const auto& [name, work] : works) {
            INFO(name);
            const auto first = work(gpu), second = work(gpu);
            close(first, work(torch::kCPU), 4 * bound(type));
            for (std::size_t i = 0; i < first.size(); ++i)
                CHECK(torch::equal(first[i], second[i])); // sums in a fixed order: the same bits each time
        }
    }
}
