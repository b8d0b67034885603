#pragma once

#include "datasets/phantom/thorax.h"

namespace mlvicx::phantom {

/// From attenuation to the grey values of an image: scatter, contrast, a mean brightness drawn at random (so that it
/// reveals nothing about the patient), noise, collimation borders and a side marker. `spread`, 0 to 1: how far
/// brightness and contrast vary from image to image, from those of one department to those of many devices and window
/// settings.
cv::Mat1b expose(const cv::Mat1f& attenuation, const ImageKey& key, bool ap, double spread);

} // namespace mlvicx::phantom
