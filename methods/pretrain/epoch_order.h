#pragma once

#include "methods/views/image_pool.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Which images each epoch has, and in which order: a function of the seed and the epoch alone, so that a resumed run
/// goes on with the same ones.
///
/// In proportion: every image once, whichever dataset it is from; an epoch is one pass of each dataset. Balanced: of D
/// datasets with N images together, each gives the whole part of N / D images to every epoch, so that an epoch is as
/// long as in proportion. A dataset's images come in one shuffled pass after the other; an epoch takes the next of
/// them, so a small dataset is passed several times in an epoch, and each time in new views, and a large one is passed
/// over several epochs.
class EpochOrder {
public:
    /// `images`: indices into the pool. Throws UserError if epochs of a single dataset are to be balanced, or if a
    /// dataset has none of the images.
    EpochOrder(const ImagePool& pool, std::vector<std::int64_t> images, std::int64_t seed, bool balanced);
    /// Images in an epoch.
    std::int64_t size() const;
    /// An epoch's images in their order.
    DrawnImages of(std::int64_t epoch) const;

private:
    DrawnImages balanced(std::int64_t epoch) const;
    std::vector<std::int64_t> images_;
    std::vector<std::vector<std::int64_t>> datasets_; ///< the images of each; empty: in proportion
    std::int64_t seed_;
};

} // namespace mlvicx
