#pragma once

#include "results/statistics/clusters.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mlvicx {

/// Resamples of patients with replacement (Efron & Tibshirani 1993; clustered: Field & Welsh 2007): with n patients, a
/// resample draws n of them, and an image counts as often as its patient was drawn. Draw d of resample r is the d-th
/// `below(n)` of Random(seed, Purpose::bootstrap, 0, r), so a resample is the same for every class, method and seed
/// compared on these images, for any number of threads.
class Resamples {
public:
    static constexpr std::size_t lanes = 32; ///< resamples counted together
    /// Takes `count` bytes (rounded up to whole lanes) of memory for each image. `threads` 0: all cores.
    Resamples(const Clusters& clusters, std::size_t count, std::uint64_t seed = 0, unsigned threads = 0);
    std::size_t count() const { return count_; }
    std::size_t images() const { return images_; }
    std::size_t clusters() const { return clusters_; }
    std::size_t blocks() const { return (count_ + lanes - 1) / lanes; }
    /// How often an image is in the resamples lanes * block, lanes * block + 1, ...: `lanes` counts.
    const std::uint8_t* weights(std::size_t block, std::size_t image) const {
        return weights_.data() + (block * images_ + image) * lanes;
    }
    /// How often `image` is in resample `r`.
    int weight(std::size_t r, std::size_t image) const { return weights(r / lanes, image)[r % lanes]; }

private:
    std::size_t count_, images_, clusters_;
    std::vector<std::uint8_t> weights_;
};

/// A figure in each resample; NaN where it is undefined, and everywhere with fewer than two patients, because one
/// patient says nothing about another.
using Replicates = std::vector<double>;

/// AUC of each class in each resample: [classes] of count() values. `scores` and `labels` [images, classes], as for
/// auc_table. Each class is sorted once. Throws UserError on a NaN score.
std::vector<Replicates> auc_replicates(const Resamples& resamples, std::span<const float> scores,
                                       std::span<const std::int8_t> labels, std::size_t classes, unsigned threads = 0);

/// Mean of one value per image (Dice, an error, ...); images with NaN are left out.
Replicates mean_replicates(const Resamples& resamples, std::span<const double> values);

/// Sum of the images' numerators over the sum of their denominators (0 or more); NaN where the latter is 0. A mean over
/// some of the images has denominators 1 and 0, a pooled figure other ones.
Replicates ratio_replicates(const Resamples& resamples, std::span<const double> numerators,
                            std::span<const double> denominators);

/// In each resample the mean over the rows that are defined there; NaN if none is. `rows` may be empty.
Replicates mean_of(std::span<const Replicates> rows);
/// In each resample a - b.
Replicates difference_of(const Replicates& a, const Replicates& b);

/// A percentile interval.
struct Interval {
    double low = 0, high = 0;
    std::int64_t resamples = 0; ///< in which the figure is defined
};

/// The (1 - level) / 2 and (1 + level) / 2 quantiles of the defined replicates, linear between order statistics.
/// nullopt if the figure is undefined in more than half of the resamples.
std::optional<Interval> percentile_interval(std::span<const double> replicates, double level = 0.95);

} // namespace mlvicx
