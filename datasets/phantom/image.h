#pragma once

#include "datasets/phantom/findings.h"

#include <opencv2/core.hpp>

namespace mlvicx::phantom {

struct PhantomImage {
    cv::Mat1b pixels;
    std::array<cv::Mat1b, finding_count> masks; ///< 0 or 255, by Finding; empty if the finding is absent
    Severities severities;
    bool male = true, ap = false;
    int age = 0;
};

/// Draws one image [size, size] with these findings, and exposures that vary by `spread` (see expose): a pure function
/// of its arguments.
PhantomImage draw_image(const ImageKey& key, int size, const Severities& severities, double spread = 0);
/// With the findings of draw_findings.
inline PhantomImage draw_image(const ImageKey& key, int size) {
    return draw_image(key, size, draw_findings(key));
}

} // namespace mlvicx::phantom
