#include "tests/support/emulated_kernels.h"

#include "tests/support/deterministic.h"
#include "tests/support/exact_convolutions.h"
#include "tests/support/tiny_training.h"

#include "baselines/barlow_twins.h"
#include "baselines/byol.h"
#include "baselines/simclr.h"
#include "baselines/vicreg.h"
#include "methods/losses.h"
#include "methods/resnet.h"
#include "methods/unet.h"
#include "methods/views/images.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/mlvicx.h"

#include <cstdlib>

using namespace mlvicx;
using torch::Tensor;

namespace {

const torch::Device card(torch::kCUDA, 0);

std::shared_ptr<Method> small(const std::string& name) {
    torch::manual_seed(3);
    const auto resnet = [] { return std::make_shared<ResNet>("resnet18"); };
    if (name == "simclr") return make_simclr(resnet(), {.hidden = 64, .output = 32});
    if (name == "byol") return make_byol(resnet(), {.hidden = 64, .output = 32});
    if (name == "vicreg") return make_vicreg(resnet(), {.hidden = 64, .output = 64});
    if (name == "barlow_twins") return make_barlow_twins(resnet(), {.hidden = 64, .output = 64});
    MlvicxOptions options;
    options.hidden = options.output = options.level_channels = 64;
    return make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), options);
}

/// Two methods with equal weights, one on each device.
std::pair<std::shared_ptr<Method>, std::shared_ptr<Method>> on_both(const std::string& name) {
    std::pair<std::shared_ptr<Method>, std::shared_ptr<Method>> both{small(name), small(name)};
    both.second->to(card);
    return both;
}

double cosine(const Tensor& a, const Tensor& b) {
    const auto x = a.flatten().to(torch::kCPU, torch::kFloat64), y = b.flatten().to(torch::kCPU, torch::kFloat64);
    return (x.dot(y) / (x.norm() * y.norm())).item<double>();
}

Tensor all_gradients(const Method& method) {
    std::vector<Tensor> all;
    for (const auto& item : trained_parameters(method)) all.push_back(item.second.grad().flatten());
    return torch::cat(all);
}

/// The losses of a short training on the GPU in bf16.
std::vector<double> losses_there(const std::string& name, int steps) {
    const auto method = small(name);
    method->to(card);
    const auto optimizer = make_optimizer({}, trained_parameters(*method));
    torch::manual_seed(5);
    const auto [a, b] = tiny_views(32, 64);
    std::vector<double> losses;
    for (int step = 0; step < steps; ++step) {
        optimizer->zero_grad();
        StepOutput output;
        {
            const Autocast autocast(card, Precision::bf16);
            output = method->step(a.to(card), b.to(card));
        }
        output.loss.backward();
        optimizer->step(0.1);
        method->after_step((step + 1.0) / steps);
        losses.push_back(output.loss.item<double>());
    }
    return losses;
}

} // namespace

TEST_CASE("gpu: by its kernels, run on the host, a step of each method gives the CPU's loss and gradients", "[unit]") {
    for (const std::string name : {"simclr", "byol", "vicreg", "barlow_twins", "mlvicx"}) {
        INFO(name);
        const auto here = small(name), there = small(name);
        torch::manual_seed(5);
        const auto [a, b] = tiny_views(6, 32);
        const auto expected = here->step(a, b);
        expected.loss.backward();
        const EmulatedGpu emulated;
        const auto found = there->step(a, b);
        found.loss.backward();
        CHECK(emulated.launches() >= 20 * 6); // twenty batch norms, three kernels forward and three backward
        CHECK(found.loss.item<double>() == Approx(expected.loss.item<double>()).epsilon(1e-4));
        CHECK(cosine(all_gradients(*here), all_gradients(*there)) > 0.999);
    }
}

TEST_CASE("gpu: a bf16 training with our kernels and one without follow one another", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    for (const std::string name : {"simclr", "byol", "vicreg", "barlow_twins", "mlvicx"}) {
        INFO(name);
        ::setenv("MLVICX_GPU_KERNELS", "off", 1);
        const auto without = losses_there(name, 5);
        ::setenv("MLVICX_GPU_KERNELS", "on", 1); // as .ci/gpu sets it for all tests
        const auto with = losses_there(name, 5);
        // They start equal, up to bf16's rounding, which the steps amplify.
        CHECK(with.front() == Approx(without.front()).epsilon(0.01));
        CHECK(with.back() == Approx(without.back()).epsilon(0.05));
    }
}

TEST_CASE("gpu: with deterministic algorithms a training repeats its bits", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    for (const std::string kernels : {"off", "on"}) {
        ::setenv("MLVICX_GPU_KERNELS", kernels.c_str(), 1);
        for (const std::string name : {"simclr", "byol", "vicreg", "barlow_twins", "mlvicx"}) {
            CAPTURE(kernels, name);
            const Deterministic scope;
            CHECK(losses_there(name, 5) == losses_there(name, 5));
            CHECK(scope.lines().empty()); // nothing that could differ
        }
    }
}

TEST_CASE("gpu: with deterministic algorithms a segmentation's gradients repeat their bits", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const Deterministic scope;
    torch::manual_seed(3);
    ResNet encoder("resnet18");
    UnetDecoder decoder(encoder.channels(), 2, 16, 1);
    encoder.to(card);
    decoder.to(card);
    const auto images = torch::randn({8, 3, 100, 100}).to(card).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto weights = torch::randn({8, 2, 100, 100}).to(card);
    const auto gradients = [&] {
        encoder.zero_grad();
        decoder.zero_grad();
        (decoder.forward(encoder.maps(images), 100) * weights).sum().backward();
        std::vector<Tensor> all;
        for (const auto* module :
             {static_cast<torch::nn::Module*>(&encoder), static_cast<torch::nn::Module*>(&decoder)})
            for (const auto& parameter : module->parameters())
                if (parameter.grad().defined()) all.push_back(parameter.grad().flatten());
        return torch::cat(all);
    };
    CHECK(gradients().equal(gradients()));
    CHECK(scope.lines().empty());
}

TEST_CASE("gpu: a step of each method gives the CPU's loss and gradients", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const ExactConvolutions exact;
    for (const std::string name : {"simclr", "byol", "vicreg", "barlow_twins", "mlvicx"}) {
        INFO(name);
        const auto [here, there] = on_both(name);
        torch::manual_seed(5);
        const auto [a, b] = tiny_views(16, 64);
        const auto expected = here->step(a, b), found = there->step(a.to(card), b.to(card));
        CHECK(found.loss.item<double>() == Approx(expected.loss.item<double>()).epsilon(1e-4));
        expected.loss.backward();
        found.loss.backward();
        CHECK(cosine(all_gradients(*here), all_gradients(*there)) > 0.999);
    }
}

TEST_CASE("gpu: each optimiser moves the weights as on the CPU", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    for (const std::string name : {"lars", "sgd", "adamw"}) {
        INFO(name);
        OptimizerOptions options;
        options.name = name;
        const auto [here, there] = on_both("mlvicx");
        const auto cpu = trained_parameters(*here), device = trained_parameters(*there);
        const auto first = make_optimizer(options, cpu), second = make_optimizer(options, device);
        for (int step = 0; step < 3; ++step) {
            torch::manual_seed(static_cast<std::uint64_t>(step));
            for (std::size_t i = 0; i < cpu.size(); ++i) {
                cpu[i].second.mutable_grad() = torch::randn_like(cpu[i].second);
                device[i].second.mutable_grad() = cpu[i].second.grad().to(card);
            }
            first->step(0.1);
            second->step(0.1);
        }
        double gap = 0;
        for (std::size_t i = 0; i < cpu.size(); ++i)
            gap = std::max(gap, (cpu[i].second - device[i].second.cpu()).abs().max().item<double>());
        CHECK(gap < 1e-5);
    }
}

TEST_CASE("gpu: the losses equal the CPU's to ten digits", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    torch::manual_seed(6);
    const auto a = torch::randn({24, 40}, torch::kFloat64), b = a + 0.5 * torch::randn({24, 40}, torch::kFloat64);
    const auto equal = [&](const char* name, const auto& loss) {
        INFO(name);
        CHECK(loss(a.to(card), b.to(card)).template item<double>() ==
              Approx(loss(a, b).template item<double>()).epsilon(1e-10));
    };
    equal("simclr", [](const Tensor& x, const Tensor& y) { return nt_xent_loss(x, y).value; });
    equal("byol", [](const Tensor& x, const Tensor& y) { return byol_loss(x, y, y, x).value; });
    equal("vicreg", [](const Tensor& x, const Tensor& y) { return vicreg_loss(x, y).value; });
    equal("barlow_twins", [](const Tensor& x, const Tensor& y) { return barlow_twins_loss(x, y).value; });
}

TEST_CASE("gpu: images come equally from its memory and the host's", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const auto images = torch::randint(0, 256, {20, 8, 8}, torch::kUInt8);
    const auto kept = images_on(images, card);
    CHECK(kept.is_cuda());
    CHECK(images_on(kept, card).data_ptr() == kept.data_ptr());
    const auto expected = images.index_select(0, torch::tensor({7, 0, 19}));
    CHECK(torch::equal(take_images(kept, {7, 0, 19}, card).cpu(), expected));
    CHECK(torch::equal(take_images(images, {7, 0, 19}, card).cpu(), expected));
}
