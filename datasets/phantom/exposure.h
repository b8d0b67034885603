#pragma once

#include "datasets/phantom/thorax.h"

namespace mlvicx::phantom {

/// From attenuation to the grey values of an image: scatter, contrast, a mean brightness drawn at random (so that it
/// reveals nothing about the patient), noise, collimation borders and a side marker.
cv::Mat1b expose(const cv::Mat1f& attenuation, const ImageKey& key, bool ap);

} // namespace mlvicx::phantom
