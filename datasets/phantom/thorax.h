#pragma once

#include "datasets/phantom/canvas.h"
#include "datasets/phantom/findings.h"

#include <array>
#include <vector>

namespace mlvicx::phantom {

/// What stays the same on all images of a patient. Lengths in body units.
struct Anatomy {
    bool male = true;
    int age = 50;
    double chest; ///< half width inside the ribs
    double apex_x, apex_y;
    double dome;   ///< top of the right hemidiaphragm in full inspiration
    double higher; ///< how much higher it is than the left one
    double sulcus; ///< depth of the costophrenic angle below the dome
    double fat;    ///< 0 slim .. 1 obese
    double heart_ratio, heart_angle;
    double knob;   ///< radius of the aortic arch
    double breast; ///< 0 none .. 1 large
    double bone;   ///< density of the skeleton
    double rib_gap, rib_slope;
    double markings; ///< density of the vessels
    double lean;     ///< sideways curve of the spine
};
Anatomy draw_anatomy(const ImageKey& key);

/// What differs between images: projection, position, breath.
struct Setup {
    bool ap; ///< in bed, from front to back: larger heart, scapulae over the lungs, shallow breath
    double angle, scale;
    Point shift;
    double turn;    ///< rotation about the long axis: sideways shift of the structures in front
    double breath;  ///< how much higher the diaphragm is than in full inspiration
    double magnify; ///< of the heart
};
Setup draw_setup(const ImageKey& key);

/// The location of a point in the lungs; distances are positive inside.
struct LungPlace {
    int side;     ///< 0: the patient's right (image left), 1: left
    double wall;  ///< from the chest wall, apex included
    double above; ///< above the diaphragm
    double depth; ///< from the nearest border
};

/// Outlines of one image's organs.
class Thorax {
public:
    /// `heart`: severity of cardiomegaly; `lift`: how much volume loss raises each hemidiaphragm.
    Thorax(const Anatomy& anatomy, const Setup& setup, double heart, std::array<double, 2> lift);
    LungPlace place(Point at) const;
    double body(Point at) const;  ///< depth under the skin, positive inside
    double heart(Point at) const; ///< distance from the heart's border, positive inside
    /// Heart (its distance is passed in), great vessels and spine together.
    double mediastinum(Point at, double heart) const;
    double lateral(int side, double y) const; ///< half width inside the ribs
    double diaphragm(int side, double x) const;
    double base(int side) const { return dome_[static_cast<std::size_t>(side)] + anatomy_.sulcus; }
    Point hilum(int side) const;
    /// A point in a lung: `across` 0 at the midline .. 1 at the wall, `down` 0 apex .. 1 diaphragm.
    Point in_lung(int side, double across, double down) const;
    double midline(double y) const; ///< x of the spine
    const Anatomy& anatomy() const { return anatomy_; }
    const Setup& setup() const { return setup_; }

private:
    Anatomy anatomy_;
    Setup setup_;
    std::array<double, 2> width_, dome_;
    double heart_width_, heart_y_;
    Ellipse ventricle_, atrium_;
    std::vector<double> outline_; ///< of lateral(), in steps of 1 / outline_steps of a unit, as a fraction of the width
};

} // namespace mlvicx::phantom
