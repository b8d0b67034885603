#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include "core/error.h"
#include "core/json.h"
#include "methods/kernels/one_pass.h"
#include "methods/optimizer/optimizer.h"

#include <set>

using namespace mlvicx;
using torch::Tensor;

namespace {

using Named = std::vector<std::pair<std::string, Tensor>>;

Named parameters(torch::ScalarType type = torch::kFloat64) {
    return {{"weight", noise({8, 4}, 11).to(type).requires_grad_()},
            {"bias", noise({8}, 12).to(type).requires_grad_()}};
}

void set_gradients(const Named& named, std::uint64_t step) {
    std::uint64_t stream = 20 + step;
    for (const auto& [name, p] : named) {
        p.mutable_grad() = noise(p.sizes().vec(), stream).to(p.scalar_type());
        stream += 10;
    }
}

OptimizerOptions options(const std::string& name, double decay) {
    OptimizerOptions result;
    result.name = name;
    result.weight_decay = decay;
    return result;
}

/// Our optimiser next to LibTorch's, whose 1-D parameters are in a group without decay.
template <typename Theirs, typename TheirOptions> void compare(const OptimizerOptions& ours, const TheirOptions& base) {
    const auto mine = parameters(), theirs = parameters();
    auto optimizer = make_optimizer(ours, mine);
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(std::vector<Tensor>{theirs[0].second}, std::make_unique<TheirOptions>(base));
    auto plain = base;
    plain.weight_decay(0);
    plain.lr(base.lr() * ours.bias_rate_factor);
    groups.emplace_back(std::vector<Tensor>{theirs[1].second}, std::make_unique<TheirOptions>(plain));
    // LibTorch 2.15 (2.11 does not) replaces a group's option that equals its type's default, here SGD's decay of 0, by
    // that of the optimiser's own options, so these have no decay either.
    Theirs oracle(groups, plain);
    for (std::uint64_t step = 0; step < 6; ++step) {
        set_gradients(mine, step);
        set_gradients(theirs, step);
        optimizer->step(base.lr());
        oracle.step();
        CHECK(largest_gap(mine[0].second, theirs[0].second) < 1e-12);
        CHECK(largest_gap(mine[1].second, theirs[1].second) < 1e-12);
    }
}

} // namespace

TEST_CASE("optimizer: LARS follows the authors' trajectory", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/losses.json");
    const auto& steps = file.at("lars").at("steps").as_array();
    REQUIRE(steps.size() == 5);
    for (const auto type : {torch::kFloat64, torch::kFloat32}) {
        const double tolerance = type == torch::kFloat64 ? 1e-12 : 1e-5;
        const auto named = parameters(type);
        auto optimizer = make_optimizer(options("lars", 0.01), named);
        for (std::uint64_t s = 0; s < steps.size(); ++s) {
            set_gradients(named, s);
            optimizer->step(0.5);
            const auto& expected = steps[s].as_object();
            for (const auto& [name, p] : named) {
                CHECK(p.norm().item<double>() ==
                      Approx(expected.at(name + "_norm").to_number<double>()).epsilon(tolerance));
                const auto row = p.detach().flatten();
                for (std::int64_t i = 0; i < 4; ++i)
                    CHECK(row[i].item<double>() ==
                          Approx(
                              expected.at(name + "_first4").as_array()[static_cast<std::size_t>(i)].to_number<double>())
                              .epsilon(0)
                              .margin(tolerance));
            }
        }
    }
}

TEST_CASE("optimizer: SGD and AdamW equal LibTorch's", "[reference]") {
    auto ours = options("sgd", 0.01);
    ours.bias_rate_factor = 0.5;
    compare<torch::optim::SGD>(ours, torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.01));
    ours = options("adamw", 0.05);
    compare<torch::optim::AdamW>(ours, torch::optim::AdamWOptions(0.01).weight_decay(0.05));
}

TEST_CASE("optimizer: a float32 update in one pass is the float64 one, rounded", "[unit]") {
    const std::string name = GENERATE("lars", "sgd", "adamw");
    CAPTURE(name);
    const auto single = parameters(torch::kFloat32), exact = parameters();
    auto a = make_optimizer(options(name, 0.05), single), b = make_optimizer(options(name, 0.05), exact);
    for (std::uint64_t step = 0; step < 6; ++step) {
        set_gradients(single, step);
        set_gradients(exact, step);
        a->step(0.01);
        b->step(0.01);
        for (std::size_t i = 0; i < 2; ++i) CHECK(largest_gap(single[i].second, exact[i].second) < 1e-6);
    }
}

TEST_CASE("optimizer: LARS uses ratio 1 if a norm is zero, and skips parameters without a gradient", "[unit]") {
    Named named{{"zero", torch::zeros({3, 3}).requires_grad_()},
                {"flat", torch::ones({3, 3}).requires_grad_()},
                {"idle", torch::ones({3, 3}).requires_grad_()}};
    auto optimizer = make_optimizer(options("lars", 0), named);
    named[0].second.mutable_grad() = torch::ones({3, 3});
    named[1].second.mutable_grad() = torch::zeros({3, 3});
    optimizer->step(0.5);
    CHECK(named[0].second.equal(torch::full({3, 3}, -0.5))); // ratio 1 for a zero weight
    CHECK(named[1].second.equal(torch::ones({3, 3})));
    CHECK(named[2].second.equal(torch::ones({3, 3})));
    optimizer->zero_grad();
    for (const auto& [name, p] : named) CHECK_FALSE(p.grad().defined());
}

TEST_CASE("optimizer: parameters with a rate factor take steps of that length, in every optimiser", "[unit]") {
    for (const auto* name : {"lars", "sgd", "adamw"}) {
        INFO(name);
        const auto grouped = parameters(torch::kFloat32), fast = parameters(torch::kFloat32),
                   slow = parameters(torch::kFloat32);
        const std::string chosen = grouped[0].first;
        auto optimizer = make_optimizer(options(name, 0.01), grouped,
                                        [&](const std::string& p) { return p == chosen ? 10.0 : 1.0; });
        auto at_ten = make_optimizer(options(name, 0.01), fast), at_one = make_optimizer(options(name, 0.01), slow);
        std::set<std::string> names;
        for (const auto& item : optimizer->state()) names.insert(item.first);
        CHECK(names.size() == optimizer->state().size()); // a checkpoint keeps them by name
        for (std::uint64_t s = 0; s < 3; ++s) {
            for (const auto* all : {&grouped, &fast, &slow}) set_gradients(*all, s);
            optimizer->step(0.01);
            at_ten->step(0.1);
            at_one->step(0.01);
        }
        for (std::size_t i = 0; i < grouped.size(); ++i)
            CHECK(grouped[i].second.equal((i == 0 ? fast : slow)[i].second));
        optimizer->zero_grad();
        for (const auto& [key, p] : grouped) CHECK_FALSE(p.grad().defined());
    }
}

TEST_CASE("optimizer: a copied state continues with the same bits", "[unit]") {
    for (const auto* name : {"lars", "sgd", "adamw"}) {
        INFO(name);
        const auto whole = parameters(torch::kFloat32), resumed = parameters(torch::kFloat32);
        auto first = make_optimizer(options(name, 0.01), whole);
        auto second = make_optimizer(options(name, 0.01), resumed);
        for (std::uint64_t s = 0; s < 3; ++s) {
            set_gradients(whole, s);
            first->step(0.1);
        }
        const torch::NoGradGuard no_grad;
        for (std::size_t i = 0; i < whole.size(); ++i) resumed[i].second.copy_(whole[i].second);
        const auto from = first->state();
        auto to = second->state();
        REQUIRE(from.size() == to.size());
        for (std::size_t i = 0; i < from.size(); ++i) {
            CHECK(from[i].first == to[i].first);
            to[i].second.copy_(from[i].second);
        }
        for (std::uint64_t s = 3; s < 6; ++s) {
            set_gradients(whole, s);
            set_gradients(resumed, s);
            first->step(0.1);
            second->step(0.1);
        }
        for (std::size_t i = 0; i < whole.size(); ++i) CHECK(whole[i].second.equal(resumed[i].second));
    }
}

TEST_CASE("optimizer: memory layout does not change the update", "[unit]") {
    for (const auto* name : {"lars", "adamw"}) {
        Named plain{{"w", noise({4, 3, 3, 3}, 1).to(torch::kFloat32).requires_grad_()}};
        Named last{
            {"w", plain[0].second.detach().clone().contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_()}};
        auto a = make_optimizer(options(name, 0.01), plain), b = make_optimizer(options(name, 0.01), last);
        for (std::uint64_t s = 0; s < 3; ++s) {
            plain[0].second.mutable_grad() = noise({4, 3, 3, 3}, 30 + s).to(torch::kFloat32);
            last[0].second.mutable_grad() = plain[0].second.grad().clone().contiguous(
                s == 1 ? torch::MemoryFormat::Contiguous : torch::MemoryFormat::ChannelsLast);
            a->step(0.1);
            b->step(0.1);
        }
        CHECK(last[0].second.is_contiguous(torch::MemoryFormat::ChannelsLast));
        CHECK(largest_gap(plain[0].second, last[0].second) < 3e-6); // one step is not in one pass, and rounds otherwise
    }
}

TEST_CASE("optimizer: a 1x1 convolution's weight is updated in one pass, whatever strides its axes of length one have",
          "[unit]") {
    const auto last = torch::empty({4, 3, 1, 1}, torch::MemoryFormat::ChannelsLast), plain = torch::empty({4, 3, 1, 1});
    REQUIRE(last.strides() != plain.strides());
    CHECK(updated_in_one_pass({last, plain}));
    CHECK_FALSE(updated_in_one_pass({last, plain.transpose(0, 1).contiguous().transpose(0, 1)}));
    CHECK_FALSE(updated_in_one_pass({last, plain.to(torch::kFloat64)}));
}

TEST_CASE("optimizer: an unknown name is refused", "[unit]") {
    CHECK_THROWS_AS(make_optimizer(options("lion", 0), parameters()), UserError);
}
