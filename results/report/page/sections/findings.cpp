#include "results/report/class_table.h"
#include "results/report/page/sections.h"

#include <cstdlib>

namespace mlvicx {

namespace {

/// An AUC is shaded by its distance to chance: blue above 50 %, orange below.
void shade(PageTable& table, std::size_t from) {
    auto& marks = table.all_marks();
    for (std::size_t l = 0; l < marks.size(); ++l)
        for (std::size_t c = from; c < marks[l].size(); ++c) {
            const auto& entry = table.table.lines[l].entries[c];
            char* end = nullptr;
            const double auc = std::strtod(entry.c_str(), &end);
            if (end != entry.c_str()) marks[l][c].heat = (auc - 50) / 50;
        }
}

} // namespace

Section findings_section(const ReportContext& context) {
    constexpr std::size_t counts = 2; // positive and negative test images
    Section section("findings", "Findings");
    for (auto& [aucs, means] : class_tables(context.figures.rows)) {
        PageTable table{std::move(aucs)};
        shade(table, counts);
        mark_best(table, {}, true, counts);
        section.tables.push_back(std::move(table));
        section.tables.emplace_back(std::move(means));
    }
    if (section.tables.empty()) return section;
    section.text.emplace_back("Test AUC finding by finding, each method at its largest finished label fraction. Bold: "
                              "the highest of a line. Shading: blue above 50 %, orange below, the stronger the further "
                              "from chance.");
    section.legend.push_back(class_legend(context.figures.rows));
    return section;
}

} // namespace mlvicx
