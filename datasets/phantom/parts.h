#pragma once

#include "datasets/phantom/lesions.h"

namespace mlvicx::phantom {

// Everything made of lines, drawn as layers of density 0 .. about 1 on top of the organs.

/// Ribs, clavicles, shoulder blades, upper arms.
cv::Mat1f draw_skeleton(const Frame& frame, const Thorax& thorax);

/// The vessels of both lungs, a tree that thins out towards the periphery; the same branches on all images of a
/// patient. `haze`: severity of edema, which widens vessels and adds short lines at the bases.
cv::Mat1f draw_vessels(const Frame& frame, const Thorax& thorax, const ImageKey& key, double haze);

/// Air in the windpipe and the main bronchi.
cv::Mat1f draw_airway(const Frame& frame, const Thorax& thorax);

/// Monitor leads, tubes, catheters, a pacemaker: on some images, regardless of their findings.
cv::Mat1f draw_devices(const Frame& frame, const Thorax& thorax, const ImageKey& key);

cv::Mat1f draw_bands(const Frame& frame, const std::vector<Band>& bands);

} // namespace mlvicx::phantom
