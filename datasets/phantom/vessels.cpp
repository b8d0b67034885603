#include "datasets/phantom/parts.h"

#include <algorithm>
#include <cmath>

namespace mlvicx::phantom {

namespace {

struct Tree {
    cv::Mat1f& layer;
    const Frame& frame;
    const Thorax& thorax;
    double widen;
};

/// Grows one vessel outwards from `at`, with branches, until it is too thin to see or reaches the lung's border.
void grow(const Tree& tree, Random& random, Point at, double direction, double radius, int depth) {
    constexpr double step = 0.016, thinnest = 0.0011;
    const double decay = random.uniform(0.895, 0.935);
    double bend = 0;
    for (int i = 0; i < 40 && radius > thinnest; ++i) {
        bend = 0.75 * bend + random.normal() * 0.1;
        direction += bend;
        const Point next{at.x + step * std::cos(direction), at.y + step * std::sin(direction)};
        const double thinner = radius * decay;
        const double density = std::min(1.0, 0.24 + 85 * radius);
        if (tree.thorax.place(next).wall < 0.008) return;
        draw_line(tree.layer, tree.frame, at, next, {radius * tree.widen, thinner * tree.widen, density});
        at = next;
        radius = thinner;
        if (depth > 0 && random.chance(0.36)) {
            const double away = (random.chance(0.5) ? 1 : -1) * random.uniform(0.35, 0.9);
            grow(tree, random, at, direction + away, radius * random.uniform(0.6, 0.85), depth - 1);
        }
    }
}

} // namespace

cv::Mat1f draw_vessels(const Frame& frame, const Thorax& thorax, const ImageKey& key, double haze) {
    cv::Mat1f layer(frame.size(), frame.size(), 0.0F);
    Random random = of_patient(key, Stream::vessels);
    const Tree tree{layer, frame, thorax, 1 + 0.45 * haze};
    for (int side = 0; side < 2; ++side) {
        const Point hilum = thorax.hilum(side);
        constexpr int stems = 9;
        for (int stem = 0; stem < stems; ++stem) {
            // From straight up through outwards to nearly straight down, mirrored on the right.
            const double fan = -1.4 + 2.8 * (stem + random.uniform(0, 0.8)) / stems;
            const double direction = side == 0 ? 3.14159265 - fan : fan;
            const Point start{hilum.x + random.normal() * 0.008, hilum.y + 0.03 * fan + random.normal() * 0.01};
            grow(tree, random, start, direction, random.uniform(0.005, 0.0085) * (fan > 0.3 ? 1.15 : 0.85), 3);
        }
    }
    // Thickened septa (Kerley's B lines): short, horizontal, at the walls of the bases.
    Random septa = of_image(key, Stream::haze);
    const int lines = haze > 0 ? static_cast<int>(4 + 12 * haze) : 0;
    for (int i = 0; i < lines; ++i) {
        const int side = static_cast<int>(septa.below(2));
        const Point wall = thorax.in_lung(side, 0.97, septa.uniform(0.6, 0.98));
        const Point inner{wall.x + (side == 0 ? 1 : -1) * septa.uniform(0.02, 0.04), wall.y + septa.normal() * 0.003};
        draw_line(layer, frame, wall, inner, {0.0018, 0.0014, 0.3 + 0.5 * haze});
    }
    return layer;
}

cv::Mat1f draw_bands(const Frame& frame, const std::vector<Band>& bands) {
    cv::Mat1f layer(frame.size(), frame.size(), 0.0F);
    for (const auto& band : bands) draw_path(layer, frame, band.path, band.radius, band.density);
    return layer;
}

} // namespace mlvicx::phantom
