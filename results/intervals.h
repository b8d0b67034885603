#pragma once

#include "results/report.h"

#include <vector>

namespace mlvicx {

/// Resamples behind every interval of a report.
inline constexpr std::size_t report_resamples = 1000;

/// Fills in what GridCell has from the scores of the test films: replicates, intervals, classes. Each film set is
/// resampled once; a cell of ChestX-ray14's test films costs a tenth of a second on two cores.
void add_intervals(Store& store, std::vector<GridRow>& rows);

/// Of one cell, from the scores [films, classes] of each of its evaluations on the same films.
void add_intervals(const std::vector<std::vector<float>>& evaluations, const ScoredFilms& films,
                   const Resamples& resamples, GridCell& cell);

} // namespace mlvicx
