#include "datasets/phantom/parts.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mlvicx::phantom {

namespace {

constexpr double pi = std::numbers::pi;

/// A path of the image's left side (1) on that side or on the other one (0).
std::vector<Point> on_side(int side, std::vector<Point> path) {
    if (side == 0)
        for (auto& point : path) point.x = -point.x;
    return path;
}

/// Each rib is half a turn around the chest, tilted forward: it leaves the spine horizontally, passes the flank
/// half-way down and comes back in front, where it is broader and fainter and ends before the breastbone.
void draw_ribs(cv::Mat1f& layer, const Frame& frame, const Thorax& thorax) {
    const Anatomy& body = thorax.anatomy();
    constexpr int ribs = 11, steps = 30;
    for (int rib = 0; rib < ribs; ++rib) {
        const double t = rib / (ribs - 1.0);
        const double start = body.apex_y - 0.005 + rib * body.rib_gap * (0.94 + 0.12 * t);
        const double fall = body.rib_slope * (0.7 + 0.5 * std::min(1.0, 3 * t));
        const double front = (rib < 8 ? 0.8 : 0.62) * pi;
        for (int side = 0; side < 2; ++side) {
            const double width = thorax.lateral(side, start + 0.5 * fall) + 0.006, sign = side == 0 ? -1 : 1;
            Point last{};
            for (int step = 0; step <= steps; ++step) {
                const double angle = 0.1 + (front - 0.1) * step / steps, back = smooth_edge(0.5 * pi - angle, 0.35);
                const double bow = -0.018 * std::sin(std::min(2 * angle, pi)); // up first, then down
                const Point at{sign * width * std::sin(angle), start + bow + 0.5 * fall * (1 - std::cos(angle))};
                const double edge_on = 0.35 * std::pow(std::sin(angle), 10);
                const double fade = smooth_edge(front - angle - 0.12, 0.14);
                const double density = (0.42 * fade + (0.78 - 0.42 * fade) * back + edge_on) * (1 - 0.15 * t);
                const double radius = 0.0125 - 0.0025 * back + (rib == 0 ? 0.002 : 0);
                if (step > 0) draw_line(layer, frame, last, at, {radius, radius, density, Profile::bone});
                last = at;
            }
        }
    }
}

void draw_shoulder(cv::Mat1f& layer, const Frame& frame, const Thorax& thorax, int side) {
    const Anatomy& body = thorax.anatomy();
    const bool ap = thorax.setup().ap;
    const double turn = thorax.setup().turn * (side == 0 ? -1 : 1), reach = body.chest + 0.075;
    const double y = body.apex_y + (ap ? 0.0 : 0.035);
    std::vector<Point> clavicle;
    for (int step = 0; step <= 12; ++step) {
        const double t = step / 12.0;
        clavicle.push_back(
            {0.038 + turn + (reach - 0.04) * t, y + 0.055 - (ap ? 0.085 : 0.06) * t - 0.016 * std::sin(2 * pi * t)});
    }
    draw_path(layer, frame, on_side(side, clavicle), 0.0125, 0.95, Profile::bone);
    // The blade's inner border is over the lung if the arms are beside the body.
    const double inner = body.chest - (ap ? 0.09 : -0.015);
    const Point top{inner + 0.05, y + 0.03}, tip{inner + 0.02, y + 0.34}, socket{reach + 0.012, y + 0.06};
    draw_path(layer, frame, on_side(side, {top, {inner, y + 0.16}, tip}), 0.006, 0.5, Profile::solid);
    draw_path(layer, frame, on_side(side, {tip, {reach - 0.03, y + 0.18}, socket}), 0.009, 0.6, Profile::solid);
    draw_path(layer, frame, on_side(side, {top, {reach, y + 0.035}, {reach + 0.055, y + 0.0}}), 0.011, 0.6,
              Profile::bone);
    const Point head{reach + 0.055, y + 0.065};
    draw_path(layer, frame, on_side(side, {head, {head.x + 0.004, head.y + 0.012}}), 0.042, 0.62, Profile::bone);
    const double away = ap ? 0.06 : 0.16;
    draw_path(layer, frame, on_side(side, {{head.x + 0.01, head.y + 0.03}, {head.x + away, head.y + 0.7}}), 0.022, 0.85,
              Profile::bone);
}

} // namespace

cv::Mat1f draw_skeleton(const Frame& frame, const Thorax& thorax) {
    cv::Mat1f ribs(frame.size(), frame.size(), 0.0F), shoulders(frame.size(), frame.size(), 0.0F);
    draw_ribs(ribs, frame, thorax);
    for (int side = 0; side < 2; ++side) draw_shoulder(shoulders, frame, thorax, side);
    return ribs + shoulders;
}

cv::Mat1f draw_airway(const Frame& frame, const Thorax& thorax) {
    cv::Mat1f layer(frame.size(), frame.size(), 0.0F);
    const double x = 0.7 * thorax.setup().turn, carina = thorax.anatomy().apex_y + 0.21;
    draw_path(layer, frame, {{x, -0.05}, {x - 0.003, carina - 0.1}, {x - 0.006, carina}}, 0.0165, 1);
    draw_path(layer, frame, {{x - 0.006, carina}, {x - 0.045, carina + 0.05}}, 0.0115, 0.9);
    draw_path(layer, frame, {{x - 0.006, carina}, {x + 0.055, carina + 0.055}}, 0.01, 0.8);
    return layer;
}

} // namespace mlvicx::phantom
