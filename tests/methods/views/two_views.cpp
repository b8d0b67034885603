#include "methods/views/two_views.h"

#include "methods/kernels/batch_norm_add_relu.h"
#include "methods/resnet.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <algorithm>
#include <stdexcept>

using namespace mlvicx;
using torch::Tensor;

namespace {

std::shared_ptr<ResNet> encoder_in_float64() {
    torch::manual_seed(3);
    auto encoder = std::make_shared<ResNet>("resnet18");
    encoder->to(torch::kFloat64);
    return encoder;
}

/// Backpropagates a loss that weights every feature differently into the encoder's parameters.
void go_back(const Tensor& features1, const Tensor& features2) {
    ((features1 * noise(features1.sizes().vec(), 21)).sum() + (features2 * noise(features2.sizes().vec(), 22)).sum())
        .backward();
}

/// An encoder of one batch norm: BatchNorm, or LibTorch's own, which knows nothing about two views.
template <typename Norm> class OneNorm : public Encoder {
public:
    OneNorm() : norm_(register_module("norm", Norm(3))) {}
    std::vector<Tensor> maps(const Tensor& images) override {
        largest_batch = std::max(largest_batch, images.size(0));
        return {norm_->forward(images)};
    }
    std::int64_t features() const override { return 3; }
    std::vector<std::int64_t> channels() const override { return {3}; }
    std::string name() const override { return "one norm"; }
    std::vector<std::string> last_stage() const override { return {"norm"}; }
    std::shared_ptr<Encoder> another() const override { return std::make_shared<OneNorm>(); }

    std::int64_t largest_batch = 0;

private:
    Norm norm_;
};

} // namespace

TEST_CASE("two views: together they give the features, gradients and running statistics of two passes", "[unit]") {
    auto together = encoder_in_float64(), apart = encoder_in_float64();
    const auto view1 = noise({4, 3, 32, 32}, 1), view2 = 2 * noise({4, 3, 32, 32}, 2) + 1;
    const auto [a1, a2] = forward_both(*together, view1, view2);
    const auto b1 = apart->forward(view1), b2 = apart->forward(view2);
    CHECK(largest_gap(a1, b1) < 1e-10);
    CHECK(largest_gap(a2, b2) < 1e-10);

    go_back(a1, a2);
    go_back(b1, b2);
    const auto expected = apart->named_parameters();
    for (const auto& parameter : together->named_parameters()) {
        INFO(parameter.key());
        const auto& wanted = expected[parameter.key()].grad();
        CHECK(largest_gap(parameter.value().grad(), wanted) < 1e-9 * (1 + wanted.abs().max().item<double>()));
    }
    const auto statistics_apart = apart->named_buffers();
    std::size_t statistics = 0;
    for (const auto& buffer : together->named_buffers()) {
        INFO(buffer.key());
        statistics += buffer.key().find("running_") != std::string::npos ? 1 : 0;
        CHECK(largest_gap(buffer.value(), statistics_apart[buffer.key()]) < 1e-10);
    }
    CHECK(statistics == 40); // mean and variance of 20 norms
}

TEST_CASE("two views: an encoder whose norms do not separate views gets one view at a time", "[unit]") {
    OneNorm<torch::nn::BatchNorm2d> encoder;
    const auto view1 = noise({4, 3, 8, 8}, 1).to(torch::kFloat32), view2 = view1 + 5;
    const auto [first, second] = forward_both(encoder, view1, view2);
    CHECK(encoder.largest_batch == 4);
    CHECK(largest_gap(first, second) < 1e-4); // each is normalised separately: a shift disappears
}

TEST_CASE("two views: up to 2^20 pixels per view they share a pass, with more they run one after the other", "[unit]") {
    OneNorm<BatchNorm> encoder;
    const auto view = torch::zeros({4, 3, 512, 512});
    forward_both(encoder, view, view);
    CHECK(encoder.largest_batch == 8);
    encoder.largest_batch = 0;
    const auto larger = torch::zeros({4, 3, 512, 513});
    forward_both(encoder, larger, larger);
    CHECK(encoder.largest_batch == 4);
}

TEST_CASE("two views: outside such a pass a batch is normalised as one", "[unit]") {
    BatchNorm norm(3);
    const auto halves = torch::cat({torch::zeros({2, 3, 4, 4}), torch::ones({2, 3, 4, 4})});
    CHECK(largest_gap(batch_norm_add_relu(norm, halves).chunk(2)[1], torch::ones({2, 3, 4, 4})) < 1e-4);
}

TEST_CASE("two views: a pass that throws leaves the norms with one view", "[unit]") {
    const auto encoder = encoder_in_float64();
    const auto view = noise({2, 3, 32, 32}, 1);
    std::int64_t inside = 0;
    const auto failing = [&](const Tensor&) -> Tensors {
        for (const auto& module : encoder->modules())
            if (const auto* norm = module->as<BatchNorm>()) inside = norm->views;
        throw std::runtime_error("no memory");
    };
    CHECK_THROWS_AS(pass_both(*encoder, failing, view, view), std::runtime_error);
    CHECK(inside == 2);
    for (const auto& module : encoder->modules())
        if (const auto* norm = module->as<BatchNorm>()) CHECK(norm->views == 1);
}
