#pragma once

#include "datasets/audit/perceptual_hash.h"

#include <span>
#include <vector>

namespace mlvicx {

/// What the images of a set have in common: the first principal directions of their spectra. Synthetic images share one
/// anatomy: a fifth of their spectral energy is in one direction and two thirds are in eight, so 8,000 of 500,000 pairs
/// of distinct images look alike. With these eight directions removed only 34 do, and copies agree as well as before
/// (measured like DuplicateThresholds). Real images have less in common: a third is in eight.
class CommonStructure {
public:
    static constexpr int directions = 8;

    /// Computed from up to 2048 evenly spread images of each set; images that look alike count once, because what
    /// copies of one image share is the content of that image. Nothing is common (`empty`) if fewer than 500 images are
    /// left.
    CommonStructure(std::span<const ImageSketch> first, std::span<const ImageSketch> second);
    bool empty() const { return axes_.empty(); }

    /// What distinguishes an image: its spectrum without the common directions.
    struct Rest {
        ImageSketch::Spectrum spectrum{}; ///< scaled to unit length
        bool enough = false; ///< at least a tenth of the energy; below that, the rest says nothing about the image
    };
    Rest rest_of(const ImageSketch& image) const;
    std::vector<Rest> rests_of(std::span<const ImageSketch> images, unsigned threads) const;

private:
    cv::Mat1f axes_; ///< [directions, frequencies], orthonormal rows
};

} // namespace mlvicx
