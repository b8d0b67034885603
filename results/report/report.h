#pragma once

#include "results/report/sections/published_text.h"
#include "results/statistics/grid.h"
#include "results/statistics/localisation_figures.h"
#include "results/statistics/pairs.h"
#include "results/statistics/subgroups.h"

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
    std::vector<SubgroupRow> subgroups;
    std::vector<PublishedLine> published; ///< empty unless the user names a table of them
};

/// `rows` is the experiment's classification grid, made with the same `all`. Without published figures.
ReportFigures report_figures(Store& store, const std::string& experiment, const std::vector<GridRow>& rows,
                             bool all = false);

/// Puts published figures of the experiment's datasets next to its own.
void add_published(Store& store, const std::string& experiment, const std::vector<PublishedFigure>& published,
                   ReportFigures& figures);

/// One line per (dataset, protocol, method, fraction, seed, split, metric, class); the class of the mean is empty.
std::string seeds_csv(Store& store, const std::string& experiment = {});

/// The report's Markdown and CSVs, each with the ending of its name: ".md", ".csv", "-classes.csv", ...
std::vector<std::pair<std::string, std::string>> report_files(Store& store, const std::string& experiment,
                                                              const ReportFigures& figures);

/// Writes PREFIX.md, PREFIX.csv (grid), PREFIX-classes.csv, PREFIX-pairs.csv and PREFIX-seeds.csv, with trainings
/// PREFIX-curves.csv, with draws PREFIX-variance.csv, with segmentation PREFIX-segmentation.csv and
/// PREFIX-segmentation-pairs.csv, with scored heatmaps PREFIX-localisation.csv, with attributes of the test images
/// PREFIX-subgroups.csv, and with published figures PREFIX-published.csv; returns their names. Inside a Transaction
/// everything is made from one state of the file.
std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const ReportFigures& figures, const std::filesystem::path& prefix);

} // namespace mlvicx
