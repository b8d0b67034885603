#pragma once

#include "results/statistics/bootstrap.h"

#include <optional>
#include <span>
#include <vector>

namespace mlvicx {

/// Two-sided p value of an estimate with this standard error under the normal distribution; 1 where both are 0, 0 where
/// the error alone is.
double normal_p(double estimate, double standard_error);

/// Holm's step-down correction (1979): p values adjusted for all of `p` together, in the same order, at most 1. Of
/// those that are absent nothing is tested, and they do not count.
std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p);

/// A difference of two figures of the same images.
struct Difference {
    double value = 0;                 ///< a - b
    std::optional<Interval> interval; ///< percentiles of the paired bootstrap
    std::optional<double> p;          ///< two-sided, of value over the standard deviation of the resampled differences
};

/// `a` and `b` with their replicates in the same resamples. The p value is the bootstrap test of pROC: normal, with the
/// spread from the bootstrap, so that it does not end at one over the number of resamples as a count would.
Difference paired_difference(double a, const Replicates& replicates_a, double b, const Replicates& replicates_b);

/// Mean of a - b over images (Dice, for instance), with its paired bootstrap. Images of which either value is NaN are
/// left out; nullopt where none remains. Each method's value of an image is the mean over its seeds, where it has
/// several.
std::optional<Difference> paired_difference(const Resamples& resamples, std::span<const double> a,
                                            std::span<const double> b);

} // namespace mlvicx
