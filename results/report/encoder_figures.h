#pragma once

#include "results/report/table.h"
#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// The test figures of every finished evaluation of one encoder, by the digest of its weights (details.weights.digest),
/// whatever experiment they belong to: mean AUC, or mean Dice of a segmentation, in percent with the 95 % interval over
/// patients where scores are stored. One line per evaluation; without lines if the file has none.
Table encoder_figures(Store& store, const std::string& digest);

} // namespace mlvicx
