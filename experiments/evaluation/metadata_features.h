#pragma once

#include "core/image_attribute.h"
#include "experiments/evaluation/foreign_features.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// What the control `metadata` learns on: for each attribute a column per value that occurs, one of them for unknown
/// values (0 or 1); for "age" instead the age, standardised over the training images `train` (0: unknown), and a column
/// for unknown ages. Throws UserError that begins with `where` if there are no attributes, or for an age that is not a
/// number.
GivenFeatures metadata_features(const std::vector<ImageAttribute>& attributes, const std::vector<std::int64_t>& train,
                                const std::string& where);

/// SHA-256 over the attributes' names and values.
std::string digest_of(const std::vector<ImageAttribute>& attributes);

} // namespace mlvicx
