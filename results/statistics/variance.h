#pragma once

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Variance components of a figure known for every pair of a seed and a draw: two random effects without interaction,
/// value = mean + seed + draw + rest. Estimated from the mean squares of the two-way table (Searle, Casella and
/// McCulloch, Variance Components, 1992, chapter 4); for a complete table these are also the REML estimates if none is
/// negative.
struct VarianceComponents {
    double mean = 0;
    double seeds = 0, draws = 0, rest = 0;   ///< negative estimates cut to 0
    double seeds_uncut = 0, draws_uncut = 0; ///< (MS_seed - MS_rest) / draws, (MS_draw - MS_rest) / seeds
    double of_mean = 0; ///< variance of `mean`: seeds / n_seeds + draws / n_draws + rest / (n_seeds n_draws)
    std::int64_t n_seeds = 0, n_draws = 0;
};

/// `values` [seeds][draws], at least two of each, all rows of one length; else InternalError.
VarianceComponents variance_components(const std::vector<std::vector<double>>& values);

} // namespace mlvicx
