#pragma once

#include "results/report/page/page.h"
#include "results/report/report.h"

#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// What the sections of a page are made from.
struct ReportContext {
    Store& store;
    std::string experiment; ///< empty: the one used last
    std::int64_t id = 0;    ///< of the experiment in the file
    const ReportFigures& figures;
    std::map<std::string, int> styles;                 ///< of each method, the same in all plots (plots/palette.h)
    std::map<const GridCell*, std::string> provenance; ///< the anchor of the line that says where a cell comes from

    ReportContext(Store& store, std::string experiment, const ReportFigures& figures);
    /// The corrected p value of the paired test of a metric between two methods, in either order; nullopt: none.
    std::optional<double> paired_p(const TableKey& key, double fraction, const std::string& a, const std::string& b,
                                   std::size_t metric = 0) const;

private:
    std::map<std::string, const MethodPair*> pairs_;
};

/// More lines than this cannot be told apart in a plot.
inline constexpr std::size_t most_lines = 8;
/// Up to `most` of a table's rows, in their order: the controls, and the highest ones at the largest fraction.
std::vector<const GridRow*> chosen_rows(std::span<const GridRow> rows, std::size_t most = most_lines);
/// "; 8 of 20 methods: the controls and the highest at the largest fraction", or nothing if all are shown.
std::string chosen_text(std::size_t shown, std::size_t all);

// One function and one file in page/sections for each section of a page; an empty section is left out. To add one,
// write its function and add a line to page/report_page.cpp.
Section leaderboard_section(const ReportContext& context);
Section curves_section(const ReportContext& context);
Section findings_section(const ReportContext& context);
Section pairs_section(const ReportContext& context);
Section segmentation_section(const ReportContext& context);
Section scores_section(const ReportContext& context);
Section training_section(const ReportContext& context);
Section heatmaps_section(const ReportContext& context);
Section controls_section(const ReportContext& context);
Section provenance_section(const ReportContext& context);

/// The pictures of finished jobs whose name begins with this, the first ones in the plan's order; `left_out` counts the
/// others.
std::vector<Picture> stored_pictures(const ReportContext& context, const std::string& beginning, std::size_t& left_out);

} // namespace mlvicx
