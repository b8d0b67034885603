// The heads at their full widths: one forward and backward on the embeddings of one view.
#include "methods/heads.h"
#include "methods/device.h"
#include "mlvicx/multi_level_head.h"
#include "tests/direct_mlvicx.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

using namespace mlvicx;

namespace {

constexpr std::int64_t batch = 16;

HeadOptions mlvicx_head() {
    HeadOptions head{.in = 512, .hidden = {4096, 4096}, .out = 4096};
    head.hidden_bias = head.out_bias = true;
    head.out_norm = HeadOptions::OutputNorm::affine;
    return head;
}

void projection(benchmark::State& state, const HeadOptions& options, Precision precision) {
    torch::manual_seed(1);
    auto head = make_head(options);
    const auto features = torch::randn({batch, options.in}).requires_grad_();
    for (auto _ : state) {
        torch::Tensor loss;
        {
            const Autocast scope(torch::kCPU, precision);
            loss = head->forward(features).square().mean();
        }
        loss.backward();
        head->zero_grad();
    }
    state.SetItemsProcessed(state.iterations() * batch);
}

void levels(benchmark::State& state, bool direct, Precision precision) {
    torch::manual_seed(1);
    const std::vector<std::int64_t> channels{64, 64, 128, 256, 512};
    MultiLevelHead head(channels, 512, mlvicx_head());
    std::vector<torch::Tensor> maps;
    for (std::size_t k = 0; k < channels.size(); ++k) {
        auto map = torch::rand({batch, channels[k], 112 >> k, 112 >> k});
        if (!direct) map = map.contiguous(torch::MemoryFormat::ChannelsLast);
        maps.push_back(map.requires_grad_());
    }
    {
        torch::NoGradGuard no_grad;
        if (!torch::allclose(head.forward(maps), direct_levels(head, maps), 1e-3, 1e-3))
            return state.SkipWithError("fast and direct form differ");
    }
    for (auto _ : state) {
        torch::Tensor loss;
        {
            const Autocast scope(torch::kCPU, precision);
            loss = (direct ? direct_levels(head, maps) : head.forward(maps)).square().mean();
        }
        loss.backward();
        head.zero_grad();
    }
    state.SetItemsProcessed(state.iterations() * batch);
}

} // namespace

int main(int argc, char** argv) {
    use_all_threads();
    const HeadOptions simclr{.in = 512, .hidden = {512, 512}, .out = 128, .out_norm = HeadOptions::OutputNorm::scale};
    const HeadOptions wide{.in = 512, .hidden = {8192, 8192}, .out = 8192};
    for (const auto precision : {Precision::fp32, Precision::bf16}) {
        const std::string suffix = std::string("/") + name_of(precision);
        auto add = [&](const std::string& name, auto work) {
            benchmark::RegisterBenchmark((name + suffix).c_str(), work)->Unit(benchmark::kMillisecond)->UseRealTime();
        };
        add("simclr_head", [=](benchmark::State& s) { projection(s, simclr, precision); });
        add("vicreg_head", [=](benchmark::State& s) { projection(s, wide, precision); });
        add("mlvicx_global_head", [=](benchmark::State& s) { projection(s, mlvicx_head(), precision); });
        add("mlvicx_multi_level_head", [=](benchmark::State& s) { levels(s, false, precision); });
    }
    benchmark::RegisterBenchmark("mlvicx_multi_level_head_direct/fp32",
                                 [](benchmark::State& s) { levels(s, true, Precision::fp32); })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
