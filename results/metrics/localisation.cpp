#include "results/metrics/localisation.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlvicx {

namespace {

constexpr double same_heat = 1e-6; ///< relative to the hottest pixel: rounding may separate equal ones by this much

/// The pixels in the boxes, each box widened by `margin` pixels on all sides: [size, size] of 0 and 1.
std::vector<std::uint8_t> pixels_in(std::span<const PixelBox> boxes, std::int64_t size, double margin) {
    std::vector<std::uint8_t> inside(static_cast<std::size_t>(size * size), 0);
    const auto first = [&](double from) { // first pixel whose centre is at `from` or beyond
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(from - 0.5)), 0, size);
    };
    const auto within = [&](double at) {
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(at)), 0, size - 1);
    };
    for (const PixelBox& box : boxes) {
        auto left = first(box.x - margin), right = first(box.x + box.width + margin);
        auto top = first(box.y - margin), bottom = first(box.y + box.height + margin);
        if (left >= right) right = 1 + (left = within(box.x + box.width / 2));
        if (top >= bottom) bottom = 1 + (top = within(box.y + box.height / 2));
        for (auto row = top; row < bottom; ++row)
            std::fill(inside.begin() + row * size + left, inside.begin() + row * size + right, std::uint8_t{1});
    }
    return inside;
}

/// The fraction of the hottest pixels that are inside.
double hottest_inside(const std::vector<float>& heat, float hottest, const std::vector<std::uint8_t>& inside) {
    double all = 0, hits = 0;
    for (std::size_t i = 0; i < heat.size(); ++i)
        if (heat[i] >= hottest * (1 - same_heat)) {
            all += 1;
            hits += inside[i];
        }
    return hits / all;
}

double best_iou(const std::vector<float>& heat, const std::vector<std::uint8_t>& inside, double covered) {
    std::vector<std::uint32_t> order;
    for (std::size_t i = 0; i < heat.size(); ++i)
        if (heat[i] > 0) order.push_back(static_cast<std::uint32_t>(i));
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return heat[a] > heat[b]; });
    double best = 0, both = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        both += inside[order[k]];
        if (k + 1 < order.size() && heat[order[k + 1]] == heat[order[k]]) continue; // equal heat enters together
        best = std::max(best, both / (static_cast<double>(k + 1) + covered - both));
    }
    return best;
}

} // namespace

Localisation localise(std::span<const float> heatmap, std::int64_t size, std::span<const PixelBox> boxes,
                      double tolerance) {
    ensure(size > 0 && heatmap.size() == static_cast<std::size_t>(size * size), "a heatmap is [size, size]");
    ensure(!boxes.empty(), "localise needs a box");
    std::vector<float> heat(heatmap.begin(), heatmap.end());
    for (float& value : heat) {
        ensure(std::isfinite(value), "a heatmap is not finite");
        value = std::max(value, 0.0f);
    }
    float hottest = *std::max_element(heat.begin(), heat.end());
    if (hottest == 0) std::fill(heat.begin(), heat.end(), hottest = 1);

    const auto inside = pixels_in(boxes, size, 0);
    const double covered = std::accumulate(inside.begin(), inside.end(), 0.0);
    const double margin = tolerance * static_cast<double>(size);
    double all = 0, energy = 0, half = 0, half_inside = 0;
    for (std::size_t i = 0; i < heat.size(); ++i) {
        all += heat[i];
        if (inside[i]) energy += heat[i];
        if (heat[i] < 0.5f * hottest) continue;
        half += 1;
        half_inside += inside[i];
    }
    Localisation result;
    result.pointing = hottest_inside(heat, hottest, margin > 0 ? pixels_in(boxes, size, margin) : inside);
    result.energy = energy / all;
    result.iou = best_iou(heat, inside, covered);
    result.iou_half = half_inside / (half + covered - half_inside);
    result.area = covered / static_cast<double>(heat.size());
    return result;
}

std::vector<float> centre_prior(std::int64_t size) {
    std::vector<float> heat;
    const double middle = static_cast<double>(size) / 2, deviation = static_cast<double>(size) / 4;
    for (std::int64_t y = 0; y < size; ++y)
        for (std::int64_t x = 0; x < size; ++x) {
            const double across = (static_cast<double>(x) + 0.5 - middle) / deviation,
                         down = (static_cast<double>(y) + 0.5 - middle) / deviation;
            heat.push_back(static_cast<float>(std::exp(-(across * across + down * down) / 2)));
        }
    return heat;
}

} // namespace mlvicx
