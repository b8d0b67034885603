#pragma once

#include "datasets/phantom/image.h"

#include <string>

namespace mlvicx::phantom {

// What CheXpert's and MIMIC-CXR's layouts have in common: studies with labels of their reports and one or two views.

/// ",1.0,,-1.0,...": the 14 cells of a study's labels, in the order of study_classes(). Findings that are there are
/// present, or uncertain if they are faint; of those that are not there, some are absent, a few uncertain and most not
/// mentioned.
std::string label_cells(const ImageKey& key, const PhantomImage& image);

/// Whether a study has a lateral view besides, on `share` of them.
bool has_lateral(const ImageKey& key, double share);
/// A stand-in for the lateral view: the frontal one, squeezed from left to right.
cv::Mat1b lateral_of(const cv::Mat1b& frontal);

} // namespace mlvicx::phantom
