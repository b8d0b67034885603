// The heads at their full widths: one forward and backward pass on the embeddings of one view.
#include "methods/heads.h"
#include "experiments/performance/arguments.h"
#include "methods/kernels/head_norm.h"
#include "mlvicx/direct_mlvicx.h"

using namespace mlvicx;

namespace {

constexpr std::int64_t batch = 16;

HeadOptions mlvicx_head() {
    HeadOptions head{.in = 512, .hidden = {4096, 4096}, .out = 4096};
    head.hidden_bias = head.out_bias = true;
    head.out_norm = HeadOptions::OutputNorm::affine;
    return head;
}

/// A head computed with LibTorch's operations one after the other, in float64.
torch::Tensor directly(torch::nn::Sequential& head, const torch::Tensor& features) {
    const auto wide = [](const torch::Tensor& tensor) {
        return tensor.defined() ? tensor.to(torch::kFloat64) : torch::Tensor();
    };
    auto x = wide(features);
    for (const auto& layer : head->children())
        if (const auto* linear = layer->as<torch::nn::Linear>())
            x = torch::linear(x, wide(linear->weight), wide(linear->bias));
        else if (const auto* norm = layer->as<HeadNorm>())
            x = torch::batch_norm(x, wide(norm->weight), wide(norm->bias), {}, {}, true, 0, norm->options.eps(), false);
        else
            x = torch::relu(x);
    return x;
}

/// The output and, for a loss that weights every entry differently, the gradient of the features.
Values outcome(const torch::Tensor& y, const torch::Tensor& features) {
    torch::manual_seed(2);
    const auto weights = torch::randn(y.sizes());
    return values_of({y, torch::autograd::grad({y}, {features}, {weights.to(y.scalar_type())})[0]});
}

struct Projection {
    torch::nn::Sequential head;
    torch::Tensor features;

    explicit Projection(const HeadOptions& options) {
        torch::manual_seed(1);
        head = make_head(options);
        features = torch::randn({batch, options.in}).requires_grad_();
    }
};

void projection(benchmark::State& state, const HeadOptions& options, Precision precision) {
    Projection setting(options);
    for (auto _ : state) {
        torch::Tensor loss;
        {
            const Autocast scope(torch::kCPU, precision);
            loss = setting.head->forward(setting.features).square().mean();
        }
        loss.backward();
        setting.head->zero_grad();
    }
    state.SetItemsProcessed(state.iterations() * batch);
}

Values projected(const HeadOptions& options, Precision precision) {
    Projection setting(options);
    const Autocast scope(torch::kCPU, precision);
    return outcome(setting.head->forward(setting.features), setting.features);
}
Values projected_directly(const HeadOptions& options) {
    Projection setting(options);
    return outcome(directly(setting.head, setting.features), setting.features);
}

struct Levels {
    std::shared_ptr<MultiLevelHead> head;
    std::vector<torch::Tensor> maps;

    explicit Levels(bool direct) {
        torch::manual_seed(1);
        const std::vector<std::int64_t> channels{64, 64, 128, 256, 512};
        head = std::make_shared<MultiLevelHead>(channels, 512, mlvicx_head());
        for (std::size_t k = 0; k < channels.size(); ++k) {
            // Images differ in their means, or the head's norms would divide rounding by rounding.
            auto map = torch::rand({batch, channels[k], 1, 1}) * torch::rand({batch, channels[k], 112 >> k, 112 >> k});
            if (!direct) map = map.contiguous(torch::MemoryFormat::ChannelsLast);
            maps.push_back(map.requires_grad_());
        }
    }
    torch::Tensor forward(bool direct) { return direct ? direct_levels(*head, maps) : head->forward(maps); }
};

void levels(benchmark::State& state, bool direct, Precision precision) {
    Levels setting(direct);
    for (auto _ : state) {
        torch::Tensor loss;
        {
            const Autocast scope(torch::kCPU, precision);
            loss = setting.forward(direct).square().mean();
        }
        loss.backward();
        setting.head->zero_grad();
    }
    state.SetItemsProcessed(state.iterations() * batch);
}

/// The output and the gradient of the last map.
Values levels_outcome(bool direct, Precision precision) {
    Levels setting(direct);
    const Autocast scope(torch::kCPU, precision);
    return outcome(setting.forward(direct), setting.maps.back());
}

void add_levels(const std::string& name, bool direct, Precision precision) {
    verified_benchmark({.name = name,
                        .candidate = [=](const Sizes&) { return levels_outcome(direct, precision); },
                        .reference = [=](const Sizes&) { return levels_outcome(!direct, Precision::fp32); },
                        // bf16: every layer rounds by 2^-9, and its norms over 16 images enlarge that; 0.12 was seen.
                        .tolerance = precision == Precision::bf16 ? 0.2 : 1e-3,
                        .timed = [=](benchmark::State& state) { levels(state, direct, precision); }},
                       in_real_milliseconds);
}

} // namespace

int main(int argc, char** argv) {
    use_all_threads();
    const HeadOptions simclr{.in = 512, .hidden = {512, 512}, .out = 128, .out_norm = HeadOptions::OutputNorm::scale};
    const HeadOptions wide{.in = 512, .hidden = {8192, 8192}, .out = 8192};
    for (const auto precision : {Precision::fp32, Precision::bf16}) {
        const std::string suffix = std::string("/") + name_of(precision);
        const auto add = [&](const std::string& name, const HeadOptions& options) {
            verified_benchmark({.name = name + suffix,
                                .candidate = [=](const Sizes&) { return projected(options, precision); },
                                .reference = [=](const Sizes&) { return projected_directly(options); },
                                .tolerance = precision == Precision::bf16 ? 0.1 : 1e-3,
                                .timed = [=](benchmark::State& state) { projection(state, options, precision); }},
                               in_real_milliseconds);
        };
        add("simclr_head", simclr);
        add("vicreg_head", wide);
        add("mlvicx_global_head", mlvicx_head());
        add_levels("mlvicx_multi_level_head" + suffix, false, precision);
    }
    add_levels("mlvicx_multi_level_head_direct/fp32", true, Precision::fp32);
    return run_registered(argc, argv);
}
