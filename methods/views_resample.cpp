#include "methods/views_resample.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace mlvicx {

namespace {

double kernel(double x, Interpolation interpolation) {
    x = std::abs(x);
    if (interpolation == Interpolation::bilinear) return x < 1 ? 1 - x : 0;
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0; // Keys' cubic, a = -0.5
}

/// Half the kernel's width in input pixels.
double reach(const Stretch& stretch, std::int64_t out, Interpolation interpolation) {
    const double scale = static_cast<double>(stretch.length) / static_cast<double>(out);
    return (interpolation == Interpolation::bicubic ? 2 : 1) * std::max(scale, 1.0);
}

/// The taps of output pixel `i`: window[0 .. count) are the weights of the input pixels from the returned one on.
std::int64_t fill_window(const Stretch& stretch, std::int64_t i, std::int64_t out, std::int64_t in,
                         Interpolation interpolation, std::int64_t count, float* window) {
    const double scale = static_cast<double>(stretch.length) / static_cast<double>(out);
    const double widening = std::max(scale, 1.0), support = reach(stretch, out, interpolation);
    const double centre = (static_cast<double>(i) + 0.5) * scale; // from the stretch's begin
    const auto low = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(centre - support)));
    const auto high = std::min(stretch.length, static_cast<std::int64_t>(std::ceil(centre + support)));
    const std::int64_t first = std::min(stretch.begin + low, in - count);
    const auto weight = [&](std::int64_t j) {
        return kernel((static_cast<double>(j) + 0.5 - centre) / widening, interpolation);
    };
    double sum = 0;
    for (std::int64_t j = low; j < high; ++j) sum += weight(j);
    for (std::int64_t j = low; j < high; ++j) window[stretch.begin + j - first] = static_cast<float>(weight(j) / sum);
    return first;
}

} // namespace

torch::Tensor resampling_matrices(const std::vector<Stretch>& stretches, std::int64_t in, std::int64_t out,
                                  Interpolation interpolation, const torch::Device& device) {
    const auto batch = static_cast<std::int64_t>(stretches.size());
    double widest = 0;
    for (const auto& stretch : stretches) widest = std::max(widest, reach(stretch, out, interpolation));
    const std::int64_t count = std::min(in, static_cast<std::int64_t>(std::ceil(2 * widest)) + 2);

    auto weights = torch::zeros({batch, out, count}, torch::kFloat32);
    auto first = torch::empty({batch, out, 1}, torch::kInt64);
    auto* const weight_data = weights.data_ptr<float>();
    auto* const first_data = first.data_ptr<std::int64_t>();
    for (std::int64_t b = 0; b < batch; ++b) {
        const auto& stretch = stretches[static_cast<std::size_t>(b)];
        for (std::int64_t i = 0; i < out; ++i) {
            const std::int64_t row = b * out + (stretch.reversed ? out - 1 - i : i);
            first_data[row] = fill_window(stretch, i, out, in, interpolation, count, weight_data + row * count);
        }
    }
    const auto columns = first.to(device) + torch::arange(count, torch::device(device).dtype(torch::kInt64));
    return torch::zeros({batch, out, in}, torch::device(device)).scatter_(2, columns, weights.to(device));
}

torch::Tensor blur_matrices(const std::vector<double>& sigmas, std::int64_t size, std::int64_t radius,
                            const torch::Device& device) {
    const auto batch = static_cast<std::int64_t>(sigmas.size()), taps = 2 * radius + 1;
    auto weights = torch::empty({batch, 1, taps}, torch::kFloat32);
    auto* weight = weights.data_ptr<float>();
    for (const double sigma : sigmas) {
        const auto value = [&](std::int64_t k) {
            const double x = static_cast<double>(k) / sigma;
            return std::exp(-0.5 * x * x);
        };
        double sum = 0;
        for (std::int64_t k = -radius; k <= radius; ++k) sum += value(k);
        for (std::int64_t k = -radius; k <= radius; ++k) *weight++ = static_cast<float>(value(k) / sum);
    }
    auto columns = torch::empty({1, size, taps}, torch::kInt64);
    auto* column = columns.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < size; ++i)
        for (std::int64_t k = -radius; k <= radius; ++k) {
            const std::int64_t j = std::abs(i + k);
            *column++ = j < size ? j : 2 * (size - 1) - j;
        }
    return torch::zeros({batch, size, size}, torch::device(device))
        .scatter_add_(2, columns.to(device).expand({batch, size, taps}),
                      weights.to(device).expand({batch, size, taps}).contiguous());
}

} // namespace mlvicx
