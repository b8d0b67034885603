#include "experiments/bench/device_rates.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

namespace mlvicx {

namespace {

/// Seconds of the fastest run.
template <typename Work> double least_seconds(const torch::Device& device, const Work& work) {
    using Time = std::chrono::steady_clock;
    const auto run = [&] {
        const auto start = Time::now();
        work();
        if (device.is_cuda()) torch::cuda::synchronize(device.index());
        return std::chrono::duration<double>(Time::now() - start).count();
    };
    run(); // starts the threads, chooses kernels
    const auto begin = Time::now();
    double least = run();
    while (Time::now() - begin < std::chrono::milliseconds(200)) least = std::min(least, run());
    return least;
}

/// Lets products of float32 matrices on a GPU round as its convolutions do.
class WithTf32 {
public:
    WithTf32() { at::globalContext().setAllowTF32CuBLAS(true); }
    ~WithTf32() { at::globalContext().setAllowTF32CuBLAS(before_); }
    WithTf32(const WithTf32&) = delete;
    WithTf32& operator=(const WithTf32&) = delete;

private:
    bool before_ = at::globalContext().allowTF32CuBLAS();
};

} // namespace

double matrix_rate(const torch::Device& device, Precision precision) {
    const torch::NoGradGuard no_gradient;
    const WithTf32 as_convolutions;
    const std::int64_t n = device.is_cuda() ? 8192 : 768;
    const auto type = precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat32;
    const auto a = torch::rand({n, n}).to(device, type), b = torch::rand({n, n}).to(device, type);
    const auto size = static_cast<double>(n);
    return 2 * size * size * size / least_seconds(device, [&] { torch::mm(a, b); });
}

double copy_rate(const torch::Device& device) {
    const torch::NoGradGuard no_gradient;
    const std::int64_t bytes = device.is_cuda() ? 1'000'000'000 : 250'000'000;
    const auto from = torch::zeros({bytes}, torch::dtype(torch::kUInt8).device(device)), to = torch::empty_like(from);
    from.fill_(1); // pages of its own
    return 2 * static_cast<double>(bytes) / least_seconds(device, [&] { to.copy_(from); });
}

} // namespace mlvicx
