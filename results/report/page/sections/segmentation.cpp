#include "results/report/page/sections.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/segmentation_text.h"

#include <fmt/format.h>

namespace mlvicx {

namespace {

/// Adds the pictures whose name begins with this, and says how many were left out.
void add_pictures(const ReportContext& context, const std::string& beginning, Section& section) {
    std::size_t left_out = 0;
    section.pictures = stored_pictures(context, beginning, left_out);
    if (left_out > 0)
        section.legend.push_back(fmt::format("{} more pictures are in the results file (table `pictures`).", left_out));
}

} // namespace

Section segmentation_section(const ReportContext& context) {
    Section section("segmentation", "Segmentation");
    const auto tables = segmentation_tables(context.figures.segmentation, context.figures.segmentation_pairs);
    for (const auto& table : tables) {
        section.tables.emplace_back(table);
        if (table.head == "method" && table.columns.front().note.empty()) mark_best(section.tables.back());
    }
    if (!tables.empty()) {
        section.text.emplace_back("Mask by mask, with intervals and IoU: `data/report-segmentation.csv`.");
        section.legend = legend_of_marks(section.tables);
        section.legend.push_back(segmentation_legend(tables));
    }
    add_pictures(context, "segmentation", section);
    return section;
}

Section heatmaps_section(const ReportContext& context) {
    Section section("heatmaps", "Heatmaps");
    const auto tables = localisation_tables(context.figures.boxes);
    for (const auto& table : tables) section.tables.emplace_back(table);
    if (!tables.empty()) {
        section.text.emplace_back("Whether a method looks at the finding: Grad-CAM of each finding against the boxes "
                                  "of the test images, next to a prior that looks at the middle of every image.");
        section.legend.push_back(localisation_legend(tables));
    }
    add_pictures(context, "heatmaps", section);
    return section;
}

} // namespace mlvicx
