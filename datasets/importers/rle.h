#pragma once

#include "datasets/index.h"

#include <opencv2/core.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// Reads SIIM's run-length code: pairs "start length" over the columns of an image of side x side pixels, where each
/// start counts from the end of the run before it (the first one from 0). Throws UserError beginning with `where` for
/// what is no whole number, an odd count, a run of no pixels, or one that leaves the image.
std::vector<Run> runs_from(std::string_view code, std::uint32_t side, const std::string& where);

/// The same code of a square mask (what is not 0 belongs to it); empty where nothing does.
std::string code_of(const cv::Mat1b& mask);

} // namespace mlvicx
