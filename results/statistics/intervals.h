#pragma once

#include "results/statistics/grid.h"

#include <vector>

namespace mlvicx {

/// Number of resamples behind every interval of a report.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION // few: the same code, and more files in the same time
inline constexpr std::size_t report_resamples = 32;
#else
inline constexpr std::size_t report_resamples = 1000;
#endif

/// A set of test images, resampled once for everything that was tested on it.
struct TestSet {
    ScoredImages images;
    Resamples resamples;
    explicit TestSet(ScoredImages set)
        : images(std::move(set)), resamples(clusters_of(images.patients), report_resamples) {}
};

/// Fills in the parts of GridCell that come from scores or pixel counts of the test images: replicates and intervals of
/// its figures and classes. A cell on ChestX-ray14's test images takes a tenth of a second on two cores.
void add_intervals(Store& store, std::vector<GridRow>& rows);

/// For one classification cell, from the scores [images, classes] of each of its evaluations on the same images.
void add_intervals(const std::vector<std::vector<float>>& evaluations, const TestSet& set, GridCell& cell);

} // namespace mlvicx
