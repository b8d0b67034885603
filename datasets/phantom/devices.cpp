#include "datasets/phantom/parts.h"

#include <cmath>

namespace mlvicx::phantom {

namespace {

/// A smooth curve through three points.
std::vector<Point> curve(Point a, Point b, Point c) {
    std::vector<Point> path;
    for (int step = 0; step <= 24; ++step) {
        const double t = step / 24.0, u = 1 - t;
        const double wb = 2 * u * t, wa = u * u, wc = t * t;
        const Point control{2 * b.x - 0.5 * (a.x + c.x), 2 * b.y - 0.5 * (a.y + c.y)};
        path.push_back({wa * a.x + wb * control.x + wc * c.x, wa * a.y + wb * control.y + wc * c.y});
    }
    return path;
}

} // namespace

cv::Mat1f draw_devices(const Frame& frame, const Thorax& thorax, const ImageKey& key) {
    cv::Mat1f layer(frame.size(), frame.size(), 0.0F);
    Random random = of_image(key, Stream::devices);
    const bool ap = thorax.setup().ap;
    const auto draw = [&](const std::vector<Point>& path, double radius, double density) {
        draw_path(layer, frame, path, radius, density);
    };
    if (random.chance(ap ? 0.6 : 0.08)) // monitor leads: a disc and a wire to the border
        for (auto leads = 2 + random.below(3); leads > 0; --leads) {
            const Point disc{random.uniform(-0.33, 0.33), random.uniform(0.2, 0.8)};
            draw({disc, {disc.x + 0.001, disc.y}}, random.uniform(0.01, 0.014), random.uniform(0.45, 0.8));
            const Point exit{random.uniform(-0.5, 0.5), random.chance(0.6) ? 1.05 : -0.05};
            const Point middle{0.5 * (disc.x + exit.x) + random.normal() * 0.08,
                               0.5 * (disc.y + exit.y) + random.normal() * 0.05};
            draw(curve(disc, middle, exit), 0.0022, 0.5);
        }
    const double carina = thorax.anatomy().apex_y + 0.21;
    if (random.chance(ap ? 0.25 : 0)) // breathing tube
        draw({{0.003, -0.05}, {-0.002, carina - random.uniform(0.02, 0.08)}}, 0.004, 0.5);
    if (random.chance(ap ? 0.3 : 0.04)) { // venous catheter
        const double side = random.chance(0.75) ? -1 : 1;
        draw(curve({side * 0.2, 0.09}, {side * 0.09, thorax.anatomy().apex_y + 0.06}, {-0.035, carina + 0.03}), 0.0026,
             0.55);
        draw({{-0.035, carina + 0.03}, {-0.042, carina + random.uniform(0.06, 0.16)}}, 0.0026, 0.55);
    }
    if (random.chance(ap ? 0.2 : 0.02)) // feeding tube
        draw(curve({0.004, -0.05}, {0.012, 0.4}, {0.06, 0.95}), 0.003, 0.45);
    if (random.chance(thorax.anatomy().age > 60 ? 0.08 : 0.01)) { // pacemaker
        const double side = random.chance(0.8) ? 1 : -1, x = side * random.uniform(0.23, 0.28),
                     y = random.uniform(0.2, 0.26);
        draw({{x - 0.018, y}, {x + 0.018, y + 0.006}}, 0.03, 1.4);
        draw(curve({x, y}, {side * 0.06, thorax.anatomy().apex_y + 0.07}, {-0.03, carina + 0.12}), 0.0028, 0.8);
        draw(curve({-0.03, carina + 0.12}, {-0.02, carina + 0.3}, {0.08, carina + 0.36}), 0.0028, 0.8);
    }
    return layer;
}

} // namespace mlvicx::phantom
