#include "datasets/phantom/canvas.h"

#include <algorithm>

namespace mlvicx::phantom {

double smooth_edge(double distance, double width) {
    const double t = std::clamp(0.5 + 0.5 * distance / width, 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

double smooth_max(double a, double b, double blend) {
    const double h = std::max(blend - std::abs(a - b), 0.0) / blend;
    return std::max(a, b) + 0.25 * h * h * blend;
}

Ellipse::Ellipse(Point centre, double radius_x, double radius_y, double angle)
    : centre_(centre), radius_(std::min(radius_x, radius_y)), ux_(std::cos(angle) / radius_x),
      uy_(std::sin(angle) / radius_x), vx_(-std::sin(angle) / radius_y), vy_(std::cos(angle) / radius_y) {}

double Ellipse::inside(Point at) const {
    const double x = at.x - centre_.x, y = at.y - centre_.y;
    return (1 - length(ux_ * x + uy_ * y, vx_ * x + vy_ * y)) * radius_;
}

Frame::Frame(int size, double angle, double scale, Point shift)
    : size_(size), cos_(std::cos(angle)), sin_(std::sin(angle)), scale_(scale), shift_(shift) {}

Point Frame::to_body(double column, double row) const {
    const double x = (column / size_ - 0.5 - shift_.x) / scale_, y = (row / size_ - 0.5 - shift_.y) / scale_;
    return {cos_ * x + sin_ * y, cos_ * y - sin_ * x + 0.5};
}

Point Frame::to_image(Point body) const {
    const double x = body.x, y = body.y - 0.5;
    return {((cos_ * x - sin_ * y) * scale_ + shift_.x + 0.5) * size_,
            ((cos_ * y + sin_ * x) * scale_ + shift_.y + 0.5) * size_};
}

void draw_line(cv::Mat1f& layer, const Frame& frame, Point from, Point to, const Stroke& stroke) {
    const Point a = frame.to_image(from), b = frame.to_image(to);
    const double ra = stroke.radius_from / frame.pixel(), rb = stroke.radius_to / frame.pixel(),
                 reach = std::max({ra, rb, 0.6}) + 1;
    const int left = std::max(0, static_cast<int>(std::min(a.x, b.x) - reach)),
              right = std::min(layer.cols - 1, static_cast<int>(std::max(a.x, b.x) + reach)),
              top = std::max(0, static_cast<int>(std::min(a.y, b.y) - reach)),
              bottom = std::min(layer.rows - 1, static_cast<int>(std::max(a.y, b.y) + reach));
    const double dx = b.x - a.x, dy = b.y - a.y, length2 = std::max(dx * dx + dy * dy, 1e-9);
    for (int row = top; row <= bottom; ++row) {
        float* line = layer[row];
        for (int column = left; column <= right; ++column) {
            const double px = column + 0.5 - a.x, py = row + 0.5 - a.y;
            const double along = std::clamp((px * dx + py * dy) / length2, 0.0, 1.0);
            const double ex = px - along * dx, ey = py - along * dy, distance = std::sqrt(ex * ex + ey * ey);
            const double true_radius = ra + along * (rb - ra), radius = std::max(true_radius, 0.6);
            if (distance > radius + 1) continue;
            double value = stroke.density * smooth_edge(radius - distance, std::max(0.7, 0.25 * radius));
            value *= std::min(1.0, true_radius / radius);
            if (stroke.profile == Profile::bone) value *= 0.62 + 0.38 * std::pow(std::min(1.0, distance / radius), 3);
            line[column] = std::max(line[column], static_cast<float>(value));
        }
    }
}

void draw_path(cv::Mat1f& layer, const Frame& frame, const std::vector<Point>& path, double radius, double density,
               Profile profile) {
    for (std::size_t i = 1; i < path.size(); ++i)
        draw_line(layer, frame, path[i - 1], path[i], {radius, radius, density, profile});
}

Texture::Texture(Random random, double per_unit, int cells) : per_unit_(per_unit), cells_(cells) {
    values_.resize(static_cast<std::size_t>(cells) * cells);
    for (auto& value : values_) value = static_cast<float>(random.uniform(-1, 1));
}

double Texture::at(Point point) const {
    const double x = point.x * per_unit_, y = point.y * per_unit_, fx = std::floor(x), fy = std::floor(y);
    const auto fade = [](double t) { return t * t * (3 - 2 * t); };
    const double u = fade(x - fx), v = fade(y - fy);
    const auto wrapped = [&](int i) { return ((i % cells_) + cells_) % cells_; };
    const int x0 = wrapped(static_cast<int>(fx)), x1 = wrapped(x0 + 1), y0 = wrapped(static_cast<int>(fy)),
              y1 = wrapped(y0 + 1);
    const auto value = [&](int i, int j) { return values_[static_cast<std::size_t>(j) * cells_ + i]; };
    return (1 - v) * ((1 - u) * value(x0, y0) + u * value(x1, y0)) + v * ((1 - u) * value(x0, y1) + u * value(x1, y1));
}

} // namespace mlvicx::phantom
