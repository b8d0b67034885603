#pragma once

#include "core/random.h"

#include <opencv2/core.hpp>

#include <cmath>
#include <vector>

namespace mlvicx::phantom {

// Lengths are in body units: the image shows about one unit in each direction. x runs from the body's midline to the
// image's right (the patient's left), y from the top down (0 .. 1).

struct Point {
    double x = 0, y = 0;
};

/// 0 below -width, 1 above width, smooth between.
double smooth_edge(double distance, double width);
/// The larger of two distances, rounded where they are closer than `blend`: joins shapes without a crease.
double smooth_max(double a, double b, double blend);
inline double length(double x, double y) {
    return std::sqrt(x * x + y * y);
}

/// An ellipse rotated by `angle` (radians).
class Ellipse {
public:
    Ellipse(Point centre, double radius_x, double radius_y, double angle = 0);
    /// Distance from the border, positive inside; close to exact near the border.
    double inside(Point at) const;

private:
    Point centre_;
    double radius_, ux_, uy_, vx_, vy_;
};

/// The body's position on the image: rotated, scaled and shifted.
class Frame {
public:
    Frame(int size, double angle, double scale, Point shift);
    int size() const { return size_; }
    double pixel() const { return 1 / (scale_ * size_); } ///< body units per pixel
    Point to_body(double column, double row) const;
    Point to_image(Point body) const; ///< column and row, where 0.5 is the centre of the first pixel

private:
    int size_;
    double cos_, sin_, scale_;
    Point shift_;
};

enum class Profile { solid, bone }; ///< bone: a dense rim around a lighter core

struct Stroke {
    double radius_from = 0, radius_to = 0; ///< at either end
    double density = 1;
    Profile profile = Profile::solid;
};
/// Draws a line of changing radius; where lines cross, the denser one counts. Lines thinner than a pixel grow fainter
/// instead of vanishing between pixel centres.
void draw_line(cv::Mat1f& layer, const Frame& frame, Point from, Point to, const Stroke& stroke);
void draw_path(cv::Mat1f& layer, const Frame& frame, const std::vector<Point>& path, double radius, double density,
               Profile profile = Profile::solid);

/// Smooth noise fixed to the body, in about -1 .. 1, repeating after `cells` cells of one unit / `per_unit`.
class Texture {
public:
    Texture(Random random, double per_unit, int cells = 32);
    double at(Point point) const;

private:
    double per_unit_;
    int cells_;
    std::vector<float> values_;
};

} // namespace mlvicx::phantom
