#pragma once

#include "results/statistics/clusters.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mlvicx {

/// An AUC as a mean over images, to first order, from DeLong's placement values. Influences of AUCs on the same images
/// add up as the AUCs do, so a mean over seeds or a difference between two methods has the mean or the difference of
/// their influences.
struct AucInfluence {
    double auc = 0;
    /// (placement - AUC) / positives for a positive image, (placement - AUC) / negatives for a negative one, where the
    /// placement is the fraction of the other side that the image is ranked correctly against (ties half); 0 if the
    /// label is unknown.
    std::vector<double> of_image;
};

/// O(n log n): DeLong, DeLong & Clarke-Pearson 1988 with the midranks of Sun & Xu 2014. nullopt if the AUC is
/// undefined. Throws UserError on a NaN score.
std::optional<AucInfluence> auc_influence(std::span<const float> scores, std::span<const std::int8_t> labels);

/// The variance of the AUC (or mean, or difference) that has these influences. Without clusters DeLong's, with
/// independent images; with clusters Obuchowski's (1997), with independent patients, which is the same if every patient
/// has one image. nullopt with fewer than two positives or two negatives (with clusters: patients that have them).
std::optional<double> auc_variance(std::span<const double> influence, std::span<const std::int8_t> labels);
std::optional<double> auc_variance(std::span<const double> influence, std::span<const std::int8_t> labels,
                                   const Clusters& clusters);

} // namespace mlvicx
