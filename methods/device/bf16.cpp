#include "methods/device/bf16.h"

#include "methods/device/device.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdint>
#include <exception>
#include <random>
#include <tuple>
#include <vector>

namespace mlvicx {

namespace {

using torch::Tensor;

/// Integers from -7 to 7 in bf16, which holds them exactly. Not from LibTorch's generator, whose state belongs to the
/// run.
Tensor whole_numbers(const std::vector<std::int64_t>& shape, std::uint32_t seed) {
    std::minstd_rand random(seed); // its values are fixed by the C++ standard
    const auto numbers = at::empty(shape, torch::kFloat32);
    auto* value = numbers.data_ptr<float>();
    for (std::int64_t i = 0; i < numbers.numel(); ++i) value[i] = static_cast<float>(random() % 15) - 7;
    return numbers.to(torch::kBFloat16);
}

/// Empty if `found` equals `exact` rounded to bf16's 8 bits: off by at most 2^-8 of it.
std::string fault_of(const char* what, const Tensor& found, const Tensor& exact) {
    const auto gap = (found.to(torch::kFloat64) - exact).abs();
    if (gap.le(exact.abs() * 0x1p-8).all().item<bool>()) return ""; // false for NaN
    return fmt::format("LibTorch {} sums products in bf16 on this CPU: {} is off by {:.3g} of {:.3g}", TORCH_VERSION,
                       what, gap.max().item<double>(), exact.abs().max().item<double>());
}

using Gradients = std::tuple<Tensor, Tensor, Tensor>;

Gradients gradients_of(const Tensor& y, const Tensor& x, const Tensor& weight, std::int64_t stride) {
    const auto padding = weight.size(2) / 2;
    return at::convolution_backward(y, x, weight, {}, {stride, stride}, {padding, padding}, {1, 1}, false, {0, 0}, 1,
                                    {true, true, false});
}

std::string convolution_fault(std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                              torch::MemoryFormat layout) {
    const auto x = whole_numbers({2, channels, 16, 16}, 1).contiguous(layout);
    const auto weight = whole_numbers({24, channels, kernel, kernel}, 2).contiguous(layout);
    const auto grad_y = whole_numbers({2, 24, 16 / stride, 16 / stride}, 3).contiguous(layout);
    const auto wide = [](const Tensor& tensor) { return tensor.to(torch::kFloat64).contiguous(); };
    const auto exact = gradients_of(wide(grad_y), wide(x), wide(weight), stride);
    const auto found = gradients_of(grad_y, x, weight, stride);
    for (const auto& fault :
         {fault_of("a convolution", at::conv2d(x, weight, {}, stride, kernel / 2),
                   at::conv2d(wide(x), wide(weight), {}, stride, kernel / 2)),
          fault_of("the gradient of a convolution's input", std::get<0>(found), std::get<0>(exact)),
          fault_of("the gradient of a convolution's weight", std::get<1>(found), std::get<1>(exact))})
        if (!fault.empty()) return fault;
    return "";
}

std::string product_fault(bool first_turned, bool second_turned) {
    const auto stored = [](std::int64_t rows, std::int64_t columns, std::uint32_t seed, bool turned) {
        return turned ? whole_numbers({columns, rows}, seed).t() : whole_numbers({rows, columns}, seed);
    };
    const auto a = stored(32, 256, 4, first_turned), b = stored(256, 48, 5, second_turned);
    return fault_of("a matrix product", a.mm(b), a.to(torch::kFloat64).mm(b.to(torch::kFloat64)));
}

} // namespace

std::string measure_bf16_fault() try {
    const torch::NoGradGuard no_gradient;
    const NoAutocast in_their_own_type;
    for (const auto layout : {torch::MemoryFormat::ChannelsLast, torch::MemoryFormat::Contiguous})
        for (const auto& [channels, kernel, stride] :
             {std::tuple{3, 7, 2}, {16, 3, 1}, {16, 3, 2}, {16, 1, 1}, {16, 1, 2}}) // the kinds in a ResNet
            if (auto fault = convolution_fault(channels, kernel, stride, layout); !fault.empty()) return fault;
    for (const bool first : {false, true})
        for (const bool second : {false, true})
            if (auto fault = product_fault(first, second); !fault.empty()) return fault;
    return "";
} catch (const std::exception& error) {
    const std::string reason = error.what(); // LibTorch appends its call stack
    return fmt::format("LibTorch {} cannot compute in bf16 on this CPU: {}", TORCH_VERSION,
                       reason.substr(0, reason.find('\n')));
}

const std::string& bf16_fault() {
    static const std::string fault = measure_bf16_fault();
    return fault;
}

} // namespace mlvicx
