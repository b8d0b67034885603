#pragma once

#include "datasets/index.h"

#include <opencv2/core.hpp>

namespace mlvicx {

/// The pixels of a mask, 0 or 255: of its files' size, or of `frame` where runs and areas give it. An area covers the
/// pixels whose centres lie in it. Throws UserError naming the files where their sizes differ, and as decode_film does.
cv::Mat1b draw_mask(const Mask& mask, Frame frame);

} // namespace mlvicx
