// The losses as they run beside their direct forms (D x D matrices), forward and backward. Each pair is compared before
// it is timed: a fast form with another value would be no form of the loss.
#include "methods/losses.h"
#include "core/error.h"
#include "methods/device.h"

#include <torch/torch.h>

#include <benchmark/benchmark.h>

namespace {

using torch::Tensor;
using Form = Tensor (*)(const Tensor&, const Tensor&);

Tensor direct_off_diagonal(const Tensor& c) {
    return (c.square() * (1 - torch::eye(c.size(0), c.options()))).sum();
}

Tensor direct_covariance(const Tensor& a, const Tensor& b) {
    auto sum = torch::zeros({}, a.options());
    for (const auto& z : {a, b}) {
        const auto c = z - z.mean(0);
        sum = sum + direct_off_diagonal(c.t().mm(c) / (z.size(0) - 1)) / z.size(1);
    }
    return sum;
}
Tensor fast_covariance(const Tensor& a, const Tensor& b) {
    return mlvicx::covariance_penalty(a) + mlvicx::covariance_penalty(b);
}

Tensor direct_vicreg(const Tensor& a, const Tensor& b) {
    const auto hinge = [](const Tensor& z) { return torch::relu(1 - torch::sqrt(z.var(0) + 1e-4)).mean(); };
    return 25 * torch::mse_loss(a, b) + 25 * (hinge(a) + hinge(b)) / 2 + direct_covariance(a, b);
}
Tensor fast_vicreg(const Tensor& a, const Tensor& b) {
    return mlvicx::vicreg_loss(a, b).value;
}

Tensor direct_barlow(const Tensor& a, const Tensor& b) {
    const auto norm = [](const Tensor& z) { return torch::batch_norm(z, {}, {}, {}, {}, true, 0, 1e-5, false); };
    const auto c = norm(a).t().mm(norm(b)) / a.size(0);
    return (c.diagonal() - 1).square().sum() + 0.0051 * direct_off_diagonal(c);
}
Tensor fast_barlow(const Tensor& a, const Tensor& b) {
    return mlvicx::barlow_twins_loss(a, b).value;
}

Tensor nt_xent(const Tensor& a, const Tensor& b) {
    return mlvicx::nt_xent_loss(a, b).value;
}
Tensor byol(const Tensor& a, const Tensor& b) {
    return mlvicx::byol_loss(a, b, b, a).value;
}

void run(benchmark::State& state, Form form, Form oracle) {
    mlvicx::use_all_threads();
    torch::manual_seed(0);
    const auto a = torch::randn({state.range(0), state.range(1)}).requires_grad_();
    const auto b = (a.detach() + torch::randn_like(a)).requires_grad_();
    if (oracle) {
        const double found = form(a, b).item<double>(), expected = oracle(a, b).item<double>();
        mlvicx::ensure(std::abs(found - expected) <= 1e-4 * std::abs(expected), "fast and direct form differ");
    }
    for (auto _ : state) {
        a.mutable_grad().reset();
        b.mutable_grad().reset();
        form(a, b).backward();
    }
}

void sizes(benchmark::internal::Benchmark* b) {
    b->Unit(benchmark::kMillisecond)->UseRealTime();
    for (const std::int64_t n : {16, 32, 256}) b->Args({n, 4096});
}

} // namespace

BENCHMARK_CAPTURE(run, covariance, fast_covariance, direct_covariance)->Apply(sizes);
BENCHMARK_CAPTURE(run, covariance_direct, direct_covariance, nullptr)->Apply(sizes);
BENCHMARK_CAPTURE(run, vicreg, fast_vicreg, direct_vicreg)->Apply(sizes);
BENCHMARK_CAPTURE(run, vicreg_direct, direct_vicreg, nullptr)->Apply(sizes);
BENCHMARK_CAPTURE(run, barlow_twins, fast_barlow, direct_barlow)->Apply(sizes);
BENCHMARK_CAPTURE(run, barlow_twins_direct, direct_barlow, nullptr)->Apply(sizes);
BENCHMARK_CAPTURE(run, nt_xent, nt_xent, nullptr)->Apply(sizes);
BENCHMARK_CAPTURE(run, byol, byol, nullptr)->Apply(sizes);

BENCHMARK_MAIN();
