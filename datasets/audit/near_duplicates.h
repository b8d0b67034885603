#pragma once

#include "datasets/audit/common_structure.h"
#include "datasets/audit/perceptual_hash.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mlvicx {

/// Measured on 1000 NIH images against copies of each: re-encoded (JPEG quality 50), resized to 128 and 512, inverted,
/// cropped by 2 % on one, two or all sides, changed in gamma (0.5, 2) and contrast (0.6, 1.4 and clipped), and three of
/// these together. tests/datasets/audit/audit_real.cpp repeats the measurement.
struct DuplicateThresholds {
    int hash = 75;          ///< of 250 bits; copies differ in at most 71
    double spectrum = 0.66; ///< copies agree to at least 0.685
    double rest = 0.62; ///< of what distinguishes two images; copies agree to at least 0.716, synthetic ones to 0.626
    /// Copies: at least 0.899. Other images of one patient: up to 0.843, of two patients: up to 0.659. Synthetic
    /// images, which have less detail: up to 0.891 among 1400.
    double aligned = 0.895;
    double coarse =
        0.97; ///< instead of `aligned` where an image has too few pixels to show what tells two images apart
};

/// Two images that may be copies, by their positions in what was searched.
struct DuplicateCandidate {
    std::uint32_t first = 0, second = 0;
    bool inverted = false;
};

/// All pairs whose hashes and spectra are close, with and without what the set has in common. Every pair of hashes is
/// looked at: 250 bits are compared in a few nanoseconds, so that no pair is lost to an index's buckets and 3.4e9 pairs
/// take seconds. `second` empty: pairs within `first`, each once. Sorted.
///
/// Of each image of `first` the nearest candidates are kept, 128 or more (4 million over all images), so that memory
/// and time are bounded whatever is searched: real images have a few candidates each.
std::vector<DuplicateCandidate> duplicate_candidates(std::span<const ImageSketch> first,
                                                     std::span<const ImageSketch> second,
                                                     const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

struct Duplicate {
    std::uint32_t first = 0, second = 0;
    bool inverted = false;
    double correlation = 0; ///< of local contrast after alignment
};

/// What a search for copies finds. Lists are sorted by (first, second).
struct DuplicateSearch {
    std::vector<Duplicate> copies;
    /// As alike as changed copies can be, in sets whose different images are that alike as well: nothing can be said of
    /// these pairs.
    std::vector<Duplicate> look_alikes;
    double copies_from = 0;    ///< correlation that tells copies from look-alikes in these sets: `aligned` or more
    std::int64_t left_out = 0; ///< candidates that were not looked at
};

/// duplicate_candidates, each confirmed by correlation after alignment as soon as it is found.
///
/// How alike different images are is measured on up to 4096 of each set: the tail of their correlations below
/// `aligned`, where copies are not, is continued upwards to where less than a tenth of a pair is expected among all
/// pairs (tail_limit). Sets with few look-alikes, as all real ones, keep `aligned`. Of 112,120 synthetic images 386
/// pairs reach 0.895; the limit from 4,000 of them is 0.937, and only images of one patient lie above.
DuplicateSearch search_duplicates(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                                  const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

/// The copies alone.
std::vector<Duplicate> near_duplicates(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                                       const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

/// Correlation from which fewer than 0.1 pairs of different images are expected among `scale` times as many pairs as
/// those that gave `below`: their correlations in [from, to). Fisher's z = atanh(correlation) is taken for half-normal
/// above that of `from`, as it is in synthetic sets. `to` where they are too few to tell (under 20), or less.
double tail_limit(const std::vector<double>& below, double from, double to, double scale);

} // namespace mlvicx
