#include "datasets/phantom/thorax.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mlvicx::phantom {

namespace {

constexpr int outline_steps = 256;

/// Half of a rounded arch: 0 at 0, 1 from 1 on, vertical at the start.
double arch(double t, double fullness) {
    const double rest = 1 - std::clamp(t, 0.0, 1.0);
    return std::sqrt(1 - std::pow(rest, fullness));
}

double to_segment(Point at, Point a, Point b) {
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double t = std::clamp(((at.x - a.x) * dx + (at.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
    return length(at.x - a.x - t * dx, at.y - a.y - t * dy);
}

/// From the middle to each side of the chest; when rotated, one side is nearer to the image.
std::array<double, 2> half_widths(const Anatomy& anatomy, const Setup& setup) {
    return {anatomy.chest * (1 - 1.5 * setup.turn), anatomy.chest * (1 + 1.5 * setup.turn)};
}

/// Tops of the two domes of the diaphragm; volume loss raises each by its `lift`.
std::array<double, 2> dome_tops(const Anatomy& anatomy, const Setup& setup, const std::array<double, 2>& lift) {
    const double top = anatomy.dome - setup.breath;
    return {top - lift[0], top + anatomy.higher - lift[1]};
}

} // namespace

Anatomy draw_anatomy(const ImageKey& key) {
    Random random = of_patient(key, Stream::anatomy);
    Anatomy body;
    body.male = random.chance(0.55);
    body.age = static_cast<int>(random.uniform(19, 88));
    body.chest = random.uniform(0.3, 0.35) + (body.male ? 0.01 : 0);
    body.apex_x = random.uniform(0.115, 0.145);
    body.apex_y = random.uniform(0.11, 0.16);
    body.dome = random.uniform(0.67, 0.77);
    body.higher = random.uniform(0.008, 0.04);
    body.sulcus = random.uniform(0.085, 0.125);
    body.fat = std::pow(random.uniform(), 1.5);
    body.heart_ratio = random.uniform(0.4, 0.49);
    body.heart_angle = random.uniform(0.3, 0.65);
    body.knob = random.uniform(0.022, 0.032) + 0.012 * body.age / 88;
    const bool breasts = !body.male && random.chance(0.75);
    body.breast = breasts ? random.uniform(0.2, 1) : 0;
    body.bone = random.uniform(0.75, 1.2) - 0.002 * (body.age - 50);
    body.rib_gap = random.uniform(0.062, 0.074);
    body.rib_slope = random.uniform(0.15, 0.25);
    body.markings = random.uniform(0.75, 1.25);
    body.lean = random.uniform(-0.012, 0.012);
    return body;
}

Setup draw_setup(const ImageKey& key) {
    Random random = of_image(key, Stream::setup);
    Setup setup;
    setup.ap = random.chance(0.4);
    setup.angle = random.normal() * (setup.ap ? 0.05 : 0.02);
    setup.scale = random.uniform(1.02, 1.24);
    setup.shift = {random.normal() * 0.02, random.normal() * 0.02 + 0.01};
    setup.turn = random.normal() * (setup.ap ? 0.012 : 0.005);
    setup.breath = setup.ap ? random.uniform(0.02, 0.11) : random.uniform(0, 0.04);
    setup.magnify = setup.ap ? random.uniform(1.03, 1.12) : 1;
    return setup;
}

Thorax::Thorax(const Anatomy& anatomy, const Setup& setup, double heart, std::array<double, 2> lift)
    : anatomy_(anatomy), setup_(setup), width_(half_widths(anatomy, setup)), dome_(dome_tops(anatomy, setup, lift)),
      heart_width_(2 * anatomy.chest * (heart > 0 ? 0.53 + 0.17 * heart : anatomy.heart_ratio) * setup.magnify),
      heart_y_(anatomy.dome - setup.breath + anatomy.higher - 0.23 * heart_width_),
      ventricle_({0.15 * heart_width_ + setup.turn, heart_y_ + 0.05 * heart_width_}, 0.5 * heart_width_,
                 0.36 * heart_width_, anatomy.heart_angle),
      atrium_({-0.15 * heart_width_ + setup.turn, heart_y_ + 0.02 * heart_width_}, 0.2 * heart_width_,
              0.33 * heart_width_) {
    const double dome = anatomy.dome - setup.breath;
    outline_.resize(outline_steps + 2);
    const double apex = anatomy.apex_x / anatomy.chest;
    for (std::size_t i = 0; i < outline_.size(); ++i) {
        const double t = (static_cast<double>(i) / outline_steps - anatomy.apex_y) / (dome - anatomy.apex_y);
        outline_[i] = apex + (1 - apex) * arch(t / 0.95, 2.4) + 0.03 * std::clamp(t - 0.8, 0.0, 0.4);
    }
}

double Thorax::midline(double y) const {
    return anatomy_.lean * std::sin(std::numbers::pi * 1.4 * y);
}

double Thorax::lateral(int side, double y) const {
    const double t = std::clamp(y, 0.0, 1.0) * outline_steps;
    const auto i = static_cast<std::size_t>(t);
    const double part = t - static_cast<double>(i);
    return width_[static_cast<std::size_t>(side)] * (outline_[i] + part * (outline_[i + 1] - outline_[i]));
}

double Thorax::diaphragm(int side, double x) const {
    const auto s = static_cast<std::size_t>(side);
    const double across = std::abs(x) / width_[s] - 0.5; // the dome's top is halfway
    const double fall = across > 0 ? anatomy_.sulcus * std::pow(across / 0.5, 2.4) : 0.04 * across * across / 0.25;
    return dome_[s] + fall;
}

LungPlace Thorax::place(Point at) const {
    LungPlace place;
    place.side = at.x < 0 ? 0 : 1;
    const double x = std::abs(at.x), outer = lateral(place.side, at.y);
    const double slope = (lateral(place.side, at.y + 0.01) - outer) / 0.01;
    const double below_apex = at.y - anatomy_.apex_y;
    const double inner = anatomy_.apex_x - (anatomy_.apex_x - 0.025) * arch(below_apex / 0.1, 2);
    place.wall = std::min((outer - x) / std::sqrt(1 + slope * slope), below_apex);
    place.above = diaphragm(place.side, at.x) - at.y;
    place.depth = std::min({place.wall, x - inner, place.above});
    return place;
}

double Thorax::body(Point at) const {
    const double x = std::abs(at.x), fat = anatomy_.fat;
    const double neck = 0.09 + 0.035 * fat + 0.02 * std::exp(-std::max(0.0, at.y + 0.06) / 0.05);
    const double beyond = std::max(0.0, x - neck);
    const double shoulder_y = -0.03 + 0.14 * (1 - std::exp(-beyond / 0.1)) + 0.8 * beyond * beyond - 0.03 * fat;
    const double under_shoulder = smooth_max(at.y - shoulder_y, neck - x, 0.03);
    const double flank = anatomy_.chest + 0.055 + 0.1 * fat - 0.03 * smooth_edge(at.y - 0.62, 0.25);
    const double torso = std::min(flank - x, under_shoulder);
    const double shoulder = anatomy_.chest + 0.165 + 0.05 * fat;
    const double girdle = std::min({shoulder - x, under_shoulder, 0.36 - at.y});
    const double arms = setup_.ap ? 0.02 : 0.16; // beside the body, or turned away
    const double arm = 0.07 + 0.03 * fat - to_segment({x, at.y}, {shoulder - 0.07, 0.24}, {shoulder + arms, 0.95});
    return smooth_max(smooth_max(torso, girdle, 0.06), arm, 0.04);
}

double Thorax::heart(Point at) const {
    return smooth_max(ventricle_.inside(at), atrium_.inside(at), 0.05);
}

double Thorax::mediastinum(Point at, double heart) const {
    const double x = at.x - setup_.turn, w = heart_width_;
    const double taper = smooth_edge(at.y - 0.5 * (anatomy_.apex_y + heart_y_), 0.2);
    const double column = 0.044 + 0.012 * anatomy_.fat + (setup_.ap ? 0.012 : 0) + 0.03 * taper - std::abs(x - 0.006);
    const double arch_y = anatomy_.apex_y + 0.165, knob = anatomy_.knob * setup_.magnify;
    const double aorta = knob - length(x - 0.044, at.y - arch_y);
    const double trunk = 0.038 - length(x - 0.042 - 0.05 * (w - 0.3), at.y - arch_y - 0.085);
    const double spine = 0.034 - std::abs(at.x - midline(at.y));
    const double vessels = smooth_max(smooth_max(column, aorta, 0.012), trunk, 0.05);
    return smooth_max(smooth_max(vessels, heart, 0.05), spine, 0.01);
}

Point Thorax::hilum(int side) const {
    const double y = anatomy_.apex_y + (side == 0 ? 0.285 : 0.262);
    return {(side == 0 ? -0.072 : 0.078) + setup_.turn, y};
}

Point Thorax::in_lung(int side, double across, double down) const {
    const double sign = side == 0 ? -1 : 1;
    double y = anatomy_.apex_y + down * (dome_[static_cast<std::size_t>(side)] - anatomy_.apex_y);
    const double x = sign * across * lateral(side, y);
    y = std::min(y, anatomy_.apex_y + down * (diaphragm(side, x) - anatomy_.apex_y));
    return {x, y};
}

} // namespace mlvicx::phantom
