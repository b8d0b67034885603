#include "methods/views/views_resample.h"

#include "methods/device/device.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

using torch::Tensor;

/// The kernel as a function of the distance to a pixel's centre, in pixels of the coarser grid.
Tensor kernel(const Tensor& distance, Interpolation interpolation) {
    const auto x = distance.abs();
    if (interpolation == Interpolation::bilinear) return (1 - x).clamp_min(0);
    const auto near = (1.5 * x - 2.5) * x * x + 1, far = ((-0.5 * x + 2.5) * x - 4) * x + 2; // Keys' cubic, a = -0.5
    return torch::where(x < 1, near, torch::where(x < 2, far, torch::zeros_like(x)));
}

/// Half the kernel's width if the grids have the same spacing.
double half_width(Interpolation interpolation) {
    return interpolation == Interpolation::bicubic ? 2 : 1;
}

} // namespace

Interpolation interpolation_of(const ViewRecipe& recipe) {
    return recipe.interpolation == "bilinear" ? Interpolation::bilinear : Interpolation::bicubic;
}

std::int64_t resampling_taps(std::int64_t in, std::int64_t out, Interpolation interpolation) {
    const double widest = half_width(interpolation) * std::max(1.0, static_cast<double>(in) / static_cast<double>(out));
    return std::min(in, static_cast<std::int64_t>(std::ceil(2 * widest)) + 2);
}

std::int64_t blur_radius(std::int64_t size) {
    return size < 3 ? 0 : std::max<std::int64_t>(1, size / 10 / 2);
}

Tensor resampling_matrices(const std::vector<Stretch>& stretches, std::int64_t in, std::int64_t out,
                           Interpolation interpolation, const torch::Device& device) {
    const auto batch = static_cast<std::int64_t>(stretches.size());
    auto facts = torch::empty({3, batch, 1, 1}, torch::kFloat64);
    auto* fact = facts.data_ptr<double>();
    for (const auto& stretch : stretches) {
        fact[0] = static_cast<double>(stretch.begin);
        fact[batch] = static_cast<double>(stretch.length);
        fact[2 * batch] = stretch.reversed ? 1 : 0;
        ++fact;
    }
    facts = sent_to(facts, device);
    const auto begin = facts[0], length = facts[1], reversed = facts[2]; // [B, 1, 1]
    const auto counting = [&](std::int64_t count) {
        return torch::arange(count, torch::device(device).dtype(torch::kFloat64));
    };
    const auto scale = length / out, widening = scale.clamp_min(1), support = half_width(interpolation) * widening;
    const auto i = counting(out).view({1, out, 1});
    const auto centre = (torch::where(reversed > 0, out - 1 - i, i) + 0.5) * scale; // from the stretch's start
    const auto low = (centre - support).floor().clamp_min(0), high = torch::minimum((centre + support).ceil(), length);

    const auto taps = resampling_taps(in, out, interpolation);
    const auto first = (begin + low).clamp_max(in - taps);
    const auto column = first + counting(taps); // [B, out, taps], of the input
    const auto j = column - begin;
    const auto weight =
        kernel((j + 0.5 - centre) / widening, interpolation) * (j >= low).logical_and(j < high).to(torch::kFloat64);
    return torch::zeros({batch, out, in}, torch::device(device))
        .scatter_(2, column.to(torch::kInt64), (weight / weight.sum(2, true)).to(torch::kFloat32));
}

Tensor blur_matrices(const std::vector<double>& sigmas, std::int64_t size, std::int64_t radius,
                     const torch::Device& device) {
    const auto batch = static_cast<std::int64_t>(sigmas.size());
    const auto counting = torch::device(device).dtype(torch::kInt64);
    const auto tap = torch::arange(-radius, radius + 1, counting);
    const auto deviations = sent_to(torch::tensor(sigmas, torch::kFloat64), device).view({batch, 1, 1});
    const auto weight = torch::exp(-0.5 * (tap / deviations).square()); // [B, 1, taps]
    const auto column = (torch::arange(size, counting).unsqueeze(1) + tap).abs();
    const auto reflected = torch::minimum(column, 2 * (size - 1) - column).expand({batch, size, tap.size(0)});
    return torch::zeros({batch, size, size}, torch::device(device))
        .scatter_add_(2, reflected,
                      (weight / weight.sum(2, true)).to(torch::kFloat32).expand_as(reflected).contiguous());
}

} // namespace mlvicx
