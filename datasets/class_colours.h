#pragma once

#include <opencv2/core.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace mlvicx {

/// The colour of a class in every figure, BGR: spread over the colour circle so that neighbours differ.
cv::Scalar class_colour(std::size_t label);

/// A mask has the colour of the class of its name or, if there is none (organs), one of its own after those of the
/// classes.
cv::Scalar mask_colour(const std::vector<std::string>& classes, const std::vector<std::string>& mask_names,
                       std::size_t mask);

} // namespace mlvicx
