#pragma once

#include "datasets/prepared.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The labelled part of the training split in a low-data experiment.
struct LabelSubset {
    std::vector<std::int64_t> images;    ///< positions in the dataset, ascending
    std::vector<std::int64_t> positives; ///< per class
    std::int64_t patients = 0;
};

/// How many of the images have each class.
std::vector<std::int64_t> positives_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& images);

/// Takes training patients in an order given by `seed` alone until at least `amount` images are in: a fraction of the
/// training images where amount <= 1, else a number of images. A smaller amount is always inside a larger one.
/// Throws UserError where amount is not positive or exceeds the training images.
LabelSubset label_subset(const PreparedDataset& dataset, double amount, std::uint64_t seed);

} // namespace mlvicx
