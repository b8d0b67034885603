#pragma once

#include "datasets/phantom/thorax.h"

namespace mlvicx::phantom {

struct Blob {
    Point at;
    double radius, density;
};

struct Band {
    std::vector<Point> path;
    double radius, density;
};

/// The findings of one image as shapes. Pairs are by side: the patient's right, left.
struct Lesions {
    std::vector<Blob> nodules, masses, patches; ///< patches: consolidations
    std::vector<Band> bands;                    ///< atelectasis
    std::array<double, 2> fluid{};              ///< effusion's height above the deepest point of the lung
    std::array<double, 2> free_air{};           ///< pneumothorax: width of the gap at the apex
    double haze = 0;                            ///< edema
};

/// By how much a collapsed lung raises its hemidiaphragm.
std::array<double, 2> draw_lift(const ImageKey& key, const Severities& severities);
Lesions draw_lesions(const ImageKey& key, const Severities& severities, const Thorax& thorax);

} // namespace mlvicx::phantom
