#pragma once

#include "datasets/index.h"

#include <opencv2/core.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// Reads SIIM's run-length code: pairs "start length" in column-major order over an image of side x side pixels; each
/// start is relative to the end of the previous run (the first one to 0). Throws UserError beginning with `where` for
/// anything but whole numbers, an odd count, an empty run, or a run that exceeds the image.
std::vector<Run> runs_from(std::string_view code, std::uint32_t side, const std::string& where);

/// The same code for a square mask (nonzero pixels belong to it); empty if the mask is.
std::string code_of(const cv::Mat1b& mask);

} // namespace mlvicx
