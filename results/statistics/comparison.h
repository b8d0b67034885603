#pragma once

#include "results/statistics/bootstrap.h"

#include <optional>
#include <span>
#include <vector>

namespace mlvicx {

/// Two-sided p value of an estimate with this standard error under the normal distribution; 1 if both are 0, 0 if only
/// the error is.
double normal_p(double estimate, double standard_error);

/// Holm's step-down correction (1979): p values adjusted for all of `p` together, in the same order, at most 1. Absent
/// values are untested and do not count.
std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p);

/// A difference between two figures of the same images.
struct Difference {
    double value = 0;                 ///< a - b
    std::optional<Interval> interval; ///< percentiles of the paired bootstrap
    std::optional<double> p;          ///< two-sided: `value` over the standard deviation of the resampled differences
};

/// `a` and `b` with their replicates in the same resamples. The p value is the bootstrap test of pROC: normal, with the
/// bootstrap's standard deviation, so that its resolution is not limited to one over the number of resamples as a
/// count's would be.
Difference paired_difference(double a, const Replicates& replicates_a, double b, const Replicates& replicates_b);

/// Mean of a - b over images (Dice, for instance), with its paired bootstrap. Images with NaN in either value are left
/// out; nullopt if none remains. If a method has several seeds, its value of an image is the mean over them.
std::optional<Difference> paired_difference(const Resamples& resamples, std::span<const double> a,
                                            std::span<const double> b);

} // namespace mlvicx
