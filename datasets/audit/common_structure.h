#pragma once

#include "datasets/audit/perceptual_hash.h"

#include <span>
#include <vector>

namespace mlvicx {

/// What the images of a set have in common, as the first principal directions of their spectra. Synthetic images share
/// one anatomy: a fifth of their spectra's energy lies in one direction and two thirds in eight, so that of 500,000
/// pairs of different images 8,000 look alike. In what is left without these eight directions 34 do, and copies agree
/// as much as before (measured as DuplicateThresholds). Real images have less in common: a third lies in eight.
class CommonStructure {
public:
    static constexpr int directions = 8;

    /// Of up to 2048 images of each set, evenly spread, of which those that look alike count once: what is common to
    /// copies of one image is what that image shows. Nothing is common (`empty`) where fewer than 500 images are left.
    CommonStructure(std::span<const ImageSketch> first, std::span<const ImageSketch> second);
    bool empty() const { return axes_.empty(); }

    /// What distinguishes an image: its spectrum without the common directions.
    struct Rest {
        ImageSketch::Spectrum spectrum{}; ///< scaled to unit length
        bool enough = false;              ///< a tenth of the energy or more: below, the rest says nothing of the image
    };
    Rest rest_of(const ImageSketch& image) const;
    std::vector<Rest> rests_of(std::span<const ImageSketch> images, unsigned threads) const;

private:
    cv::Mat1f axes_; ///< [directions, frequencies], orthonormal rows
};

} // namespace mlvicx
