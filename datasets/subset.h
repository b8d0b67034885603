#pragma once

#include "datasets/prepared.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The labelled part of the training split in a low-data experiment.
struct LabelSubset {
    std::vector<std::int64_t> images;    ///< indices in the dataset, ascending
    std::vector<std::int64_t> positives; ///< per class
    std::int64_t patients = 0;
};

/// How many of the images are positive, per class.
std::vector<std::int64_t> positives_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& images);

/// How many of `all` images an amount asks for: a fraction of them if amount <= 1, else a number; at least one.
std::int64_t images_wanted(double amount, std::int64_t all);

/// Takes training patients in an order that depends only on `seed` until there are at least `amount` images: a fraction
/// of the training images if amount <= 1, else a number of images. A smaller subset is always contained in a larger
/// one. Throws UserError if amount is not positive or exceeds the number of training images.
LabelSubset label_subset(const PreparedDataset& dataset, double amount, std::uint64_t seed);

/// Takes whole patients of `images` (indices, ascending) until there are at least `amount` images to pre-train on, as
/// label_subset does, but in an order of its own: which images are labelled does not depend on it. Throws UserError if
/// amount is not positive or exceeds their number.
std::vector<std::int64_t> pretraining_subset(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                                             double amount, std::uint64_t seed);

} // namespace mlvicx
