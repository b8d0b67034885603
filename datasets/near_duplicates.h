#pragma once

#include "datasets/perceptual_hash.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace mlvicx {

/// Measured on 1000 NIH films against copies of each: re-encoded (JPEG quality 50), resized to 128 and 512, inverted,
/// cropped by 2 % on one, two or all sides, changed in gamma (0.5, 2) and contrast (0.6, 1.4 and clipped), and three of
/// these together. tests/datasets_audit_real.cpp repeats the measurement.
struct DuplicateThresholds {
    int hash = 75;          ///< of 250 bits; copies differ in at most 71
    double spectrum = 0.66; ///< copies agree to at least 0.685
    /// Copies: at least 0.899. Other films of one patient: up to 0.843, of two patients: up to 0.659. Synthetic films,
    /// which have less detail: up to 0.891 among 1400.
    double aligned = 0.895;
    double coarse = 0.97; ///< instead of `aligned` where a film has too few pixels to show what tells two films apart
};

/// Two films that may be copies, by their positions in what was searched.
struct DuplicateCandidate {
    std::uint32_t first = 0, second = 0;
    bool inverted = false;
};

/// All pairs whose hashes and spectra are close. Every pair of hashes is looked at: 250 bits are compared in a few
/// nanoseconds, so that no pair is lost to an index's buckets and 3.4e9 pairs take seconds. `second` empty: pairs
/// within `first`, each once. Throws UserError where so many films are alike that pairs mean nothing.
std::vector<DuplicateCandidate> duplicate_candidates(std::span<const FilmSketch> first,
                                                     std::span<const FilmSketch> second,
                                                     const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

struct Duplicate {
    std::uint32_t first = 0, second = 0;
    bool inverted = false;
    double correlation = 0; ///< of local contrast after alignment
};

/// duplicate_candidates, confirmed by correlation after alignment; sorted by (first, second).
std::vector<Duplicate> near_duplicates(std::span<const FilmSketch> first, std::span<const FilmSketch> second,
                                       const DuplicateThresholds& thresholds = {}, unsigned threads = 0);

} // namespace mlvicx
