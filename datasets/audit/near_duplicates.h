#pragma once

#include "datasets/audit/common_structure.h"
#include "datasets/audit/perceptual_hash.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mlvicx {

/// Measured on 1000 NIH images against copies of each: re-encoded (JPEG quality 50), resized to 128 and 512, inverted,
/// cropped by 2 % on one, two or all sides, changed in gamma (0.5, 2) and contrast (0.6, 1.4 and clipped), and three of
/// these combined. tests/datasets/audit/audit_real.cpp repeats the measurement.
struct DuplicateThresholds {
    int hash = 75;          ///< of 250 bits; copies differ in at most 71
    double spectrum = 0.66; ///< copies agree to at least 0.685
    double rest = 0.62; ///< of what distinguishes two images; copies agree to at least 0.716, synthetic copies to 0.626
    /// Copies: at least 0.899. Distinct images of one patient: up to 0.843; of two patients: up to 0.659. Synthetic
    /// images, which have less detail: up to 0.891 among 1400.
    double aligned = 0.895;
    double coarse = 0.97; ///< replaces `aligned` if an image has too few pixels to tell two images apart
};

/// Two images that may be copies, by their indices in the searched sets.
struct DuplicateCandidate {
    std::uint32_t first = 0, second = 0;
    bool inverted = false;
};

/// All pairs whose hashes and spectra are close, with and without what the set has in common. Every pair of hashes is
/// compared, so that none is lost to the buckets of an index: 250 bits take 3 ns, with AVX-512 half of one (measured on
/// one core of a Xeon), and the 6.3e9 pairs of NIH seconds. `second` empty: pairs within `first`, each once. Sorted.
///
/// Keeps the nearest candidates of each image of `first`, at least 128 (4 million over all images), so memory and time
/// are bounded for any input; real images have a few candidates each.
std::vector<DuplicateCandidate> duplicate_candidates(std::span<const ImageSketch> first,
                                                     std::span<const ImageSketch> second,
                                                     const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

struct Duplicate {
    std::uint32_t first = 0, second = 0;
    bool inverted = false;
    double correlation = 0; ///< of local contrast after alignment
};

/// Result of a search for copies. Lists are sorted by (first, second).
struct DuplicateSearch {
    std::vector<Duplicate> copies;
    /// Pairs as similar as modified copies, in sets whose distinct images can be just as similar: undecidable.
    std::vector<Duplicate> look_alikes;
    double copies_from = 0;    ///< correlation that separates copies from look-alikes in these sets: at least `aligned`
    std::int64_t left_out = 0; ///< candidates that were not compared
};

/// duplicate_candidates, each confirmed by correlation after alignment as soon as it is found.
///
/// The similarity of distinct images is measured on up to 4096 of each set: the tail of their correlations below
/// `aligned`, where there are no copies, is extrapolated upwards to where less than a tenth of a pair is expected among
/// all pairs (tail_limit). Sets with few look-alikes, including all real ones, keep `aligned`. Among 112,120 synthetic
/// images 386 pairs reach 0.895; the limit computed from 4,000 of them is 0.937, and only images of one patient are
/// above it.
DuplicateSearch search_duplicates(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                                  const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

/// Only the copies.
std::vector<Duplicate> near_duplicates(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                                       const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

/// The correlation above which fewer than 0.1 pairs of distinct images are expected among `scale` times as many pairs
/// as those that yielded `below`, their correlations in [from, to). Assumes that Fisher's z = atanh(correlation) is
/// half-normal above that of `from`, as it is in synthetic sets. Returns `to` if the limit would be lower or there are
/// too few values to tell (under 20).
double tail_limit(const std::vector<double>& below, double from, double to, double scale);

} // namespace mlvicx
