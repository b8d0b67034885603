#include "methods/device/recorded_pass.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

#include <stdexcept>

using namespace mlvicx;
using torch::Tensor;
using Tensors = RecordedPass::Tensors;

namespace {

/// A weight, a parameter that the loss does not depend on, and the pass of a loss that is quadratic in the weight.
struct Model {
    Tensor weight = noise({3, 4}, 31).to(torch::kFloat32).requires_grad_();
    Tensor unused = torch::ones({2}).requires_grad_();

    RecordedPass pass(std::unique_ptr<GraphRecorder> recorder) {
        return {std::move(recorder), {weight, unused}, [this](const Tensors& inputs) {
                    const auto loss = inputs[0].mm(weight).square().mean();
                    loss.backward();
                    return Tensors{loss.detach()};
                }};
    }
};

Tensor input(std::int64_t rows, std::uint64_t stream) {
    return noise({rows, 3}, stream).to(torch::kFloat32);
}

class Failing : public GraphRecorder {
public:
    Results record(const std::function<Results()>& work) override {
        work();
        throw std::runtime_error("operation not permitted when stream is capturing");
    }
    void replay() override { FAIL("nothing was recorded"); }
};

/// Runs both passes on the same inputs and compares the losses and gradients.
void check_equal(Model& plain, RecordedPass& as_it_is, Model& other, RecordedPass& recorded, const Tensor& x) {
    const auto expected = as_it_is.run({x}), found = recorded.run({x});
    CHECK(torch::equal(found.at(0), expected.at(0)));
    CHECK(torch::equal(other.weight.grad(), plain.weight.grad()));
    CHECK_FALSE(other.unused.grad().defined());
}

} // namespace

TEST_CASE("recorded pass: each run gives the loss and the gradients of its own inputs and weights", "[unit]") {
    const EmulatedGraphs emulated;
    Model plain, other;
    auto as_it_is = plain.pass(nullptr), recorded = other.pass(graph_recorder(torch::kCPU));
    const void* place = nullptr;
    for (std::uint64_t step = 0; step < 8; ++step) {
        check_equal(plain, as_it_is, other, recorded, input(5, 40 + step));
        CHECK(recorded.recorded() == (step >= 3));
        if (step == 3) place = other.weight.grad().data_ptr();
        if (step > 3) CHECK(other.weight.grad().data_ptr() == place);
        for (auto* model : {&plain, &other}) { // as an optimiser does, which may drop gradients too
            const torch::NoGradGuard no_gradient;
            model->weight.sub_(0.1 * model->weight.grad());
            model->weight.mutable_grad().reset();
        }
    }
    CHECK(EmulatedGraphs::replays() == 5);
    check_equal(plain, as_it_is, other, recorded, input(2, 50)); // a last, smaller batch
    CHECK(EmulatedGraphs::replays() == 5);
    check_equal(plain, as_it_is, other, recorded, input(5, 51));
    CHECK(EmulatedGraphs::replays() == 6);
}

TEST_CASE("recorded pass: where recording fails, the pass runs as it is", "[unit]") {
    Model plain, other;
    auto as_it_is = plain.pass(nullptr), recorded = other.pass(std::make_unique<Failing>());
    for (std::uint64_t step = 0; step < 6; ++step) check_equal(plain, as_it_is, other, recorded, input(5, 60 + step));
    CHECK_FALSE(recorded.recorded());
}

TEST_CASE("recorded pass: a CPU records nothing, and a GPU only if it is asked to", "[unit]") {
    CHECK(graph_recorder(torch::kCPU) == nullptr);
    CHECK_FALSE(graphs_fault().empty());
    CHECK(graph_recorder(torch::Device(torch::kCUDA, 0)) == nullptr);
}
