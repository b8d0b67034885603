#pragma once

#include "results/statistics/grid.h"
#include "results/statistics/localisation_figures.h"
#include "results/statistics/pairs.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// The figures of one experiment that its report shows.
struct ReportFigures {
    std::vector<GridRow> rows, segmentation; ///< the grids of both tasks
    std::vector<MethodPair> pairs, segmentation_pairs;
    std::vector<LocalisationRow> boxes; ///< heatmaps against boxes
};

/// `rows` is the experiment's classification grid, made with the same `all`.
ReportFigures report_figures(Store& store, const std::string& experiment, const std::vector<GridRow>& rows,
                             bool all = false);

/// One line per (dataset, protocol, method, fraction, seed, split, metric, class); the class of the mean is empty.
std::string seeds_csv(Store& store, const std::string& experiment = {});

/// The report's Markdown and CSVs, each with the ending of its name: ".md", ".csv", "-classes.csv", ...
std::vector<std::pair<std::string, std::string>> report_files(Store& store, const std::string& experiment,
                                                              const ReportFigures& figures);

/// Writes PREFIX.md, PREFIX.csv (grid), PREFIX-classes.csv, PREFIX-pairs.csv and PREFIX-seeds.csv, with draws
/// PREFIX-variance.csv, with segmentation PREFIX-segmentation.csv and PREFIX-segmentation-pairs.csv, and with scored
/// heatmaps PREFIX-localisation.csv; returns their names. `rows` as for report_figures; inside a Transaction everything
/// is made from one state of the file.
std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const std::vector<GridRow>& rows, const std::filesystem::path& prefix,
                                                bool all = false);

} // namespace mlvicx
