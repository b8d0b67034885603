#include "tests/support/emulated_kernels.h"

#include "methods/optimizer/recorded_step.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;
using Tensors = RecordedStep::Tensors;

namespace {

/// A layer, an optimiser for it, and the step of a loss that is quadratic in its weights.
struct Training {
    Tensor weight = noise({3, 4}, 31).to(torch::kFloat32).requires_grad_();
    Tensor bias = noise({4}, 32).to(torch::kFloat32).requires_grad_();
    std::unique_ptr<Optimizer> optimizer;
    std::optional<RecordedStep> step;

    explicit Training(const std::string& name) {
        OptimizerOptions options;
        options.name = name;
        options.weight_decay = 0.01;
        options.bias_rate_factor = 0.5;
        optimizer = make_optimizer(options, {{"weight", weight}, {"bias", bias}});
    }
    void begin() {
        step.emplace(*optimizer, Tensors{}, torch::kCPU, true, [this](const Tensors& inputs) {
            const auto loss = (inputs[0].mm(weight) + bias).square().mean();
            loss.backward();
            return Tensors{loss.detach()};
        });
    }
    void run(std::uint64_t number) {
        step->run({noise({5, 3}, 40 + number).to(torch::kFloat32)}, rate(number));
        step->update();
    }
    static double rate(std::uint64_t number) { return 0.1 / (1.0 + static_cast<double>(number)); }
    bool equals(const Training& other) const { return weight.equal(other.weight) && bias.equal(other.bias); }
};

/// One whose updates a GPU's graph could not repeat.
class Unrepeatable : public Optimizer {
public:
    explicit Unrepeatable(Tensor weight) { parameters_ = {{"weight", std::move(weight)}}; }
    void prepare(double /*rate*/) override {}
    void update() override { recorded += EmulatedGraphs::running(), ++updates; }
    bool repeatable() const override { return false; }
    std::vector<std::pair<std::string, Tensor>> state() override { return {}; }
    int recorded = 0, updates = 0;
};

} // namespace

TEST_CASE("recorded step: with the update in it, each step has its own rate and count", "[unit]") {
    const std::string name = GENERATE("lars", "sgd", "adamw");
    const bool kernels = GENERATE(false, true);
    CAPTURE(name, kernels);
    const EmulatedGpu gpu(kernels);
    Training plain(name), recorded(name);
    plain.begin();
    const EmulatedGraphs graphs;
    recorded.begin();
    for (std::uint64_t number = 0; number < 8; ++number) {
        plain.run(number);
        recorded.run(number);
        CHECK(recorded.equals(plain));
        CHECK(recorded.step->recorded() == (number >= 3));
    }
    CHECK(EmulatedGraphs::replays() == 5);
}

TEST_CASE("recorded step: an update's launches, repeated as they are, are the next update", "[unit]") {
    const std::string name = GENERATE("sgd", "adamw");
    CAPTURE(name);
    const EmulatedGpu gpu;
    Training plain(name), repeated(name);
    const auto set_gradients = [](Training& training, std::uint64_t number) {
        const auto set = [&](Tensor& parameter, std::uint64_t stream) {
            const auto values = noise(parameter.sizes().vec(), stream + number).to(torch::kFloat32);
            if (!parameter.grad().defined()) parameter.mutable_grad() = torch::empty_like(values);
            parameter.mutable_grad().copy_(values); // where the launches read it
        };
        set(training.weight, 70);
        set(training.bias, 80);
    };
    std::vector<testing::Launched> launches;
    for (std::uint64_t number = 0; number < 4; ++number) {
        set_gradients(plain, number);
        plain.optimizer->step(Training::rate(number));
        set_gradients(repeated, number);
        repeated.optimizer->prepare(Training::rate(number));
        if (number == 0)
            launches = gpu.kept([&] { repeated.optimizer->update(); });
        else
            gpu.repeat(launches);
        CHECK(launches.size() == 1);
        CHECK(repeated.optimizer->repeatable());
        CHECK(repeated.equals(plain));
    }
}

TEST_CASE("recorded step: an update that cannot be repeated follows the recorded pass, once a step", "[unit]") {
    const EmulatedGraphs graphs;
    const auto weight = torch::ones({2, 2}).requires_grad_();
    Unrepeatable optimizer(weight);
    RecordedStep step(optimizer, {}, torch::kCPU, true, [&](const Tensors& inputs) {
        const auto loss = (inputs[0] * weight).sum();
        loss.backward();
        return Tensors{loss.detach()};
    });
    for (int number = 0; number < 6; ++number) {
        step.run({torch::full({2, 2}, number)}, 0.1);
        step.update();
        CHECK(optimizer.updates == number + 1);
    }
    CHECK(EmulatedGraphs::replays() == 3);
    CHECK(optimizer.recorded == 0);
}
