#include "results/report/page/report_page.h"

#include "core/json.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/making.h"
#include "results/report/page/sections.h"
#include "results/report/sections/class_count_text.h"
#include "results/report/sections/subgroups_text.h"
#include "results/report/sections/variance_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

namespace mlvicx {

namespace {

Section leakage_section(const ReportContext& context) {
    auto table = leakage_table(context.store, context.experiment);
    return tables_section("leakage", "Leakage",
                          "Copies of test images among the images that a model was trained or pre-trained on.",
                          table.lines.empty() ? std::vector<Table>{} : std::vector{std::move(table)});
}

Section health_section(const ReportContext& context) {
    auto table = health_table(context.store, context.experiment);
    return tables_section("health", "Health of the pre-trainings",
                          "Whether a pre-training collapsed or learned nothing. Evaluations on one that collapsed or "
                          "diverged are left out of the tables and counted; one that has not learned is marked †.",
                          table.lines.empty() ? std::vector<Table>{} : std::vector{std::move(table)});
}

Section variance_section(const ReportContext& context) {
    return tables_section("variance", "Seeds and draws", variance_about, variance_tables(context.figures.rows));
}

Section class_counts_section(const ReportContext& context) {
    return tables_section("class-counts", "With and without No Finding",
                          "Means over the findings alone next to means that count No Finding as a class; the two are "
                          "not comparable.",
                          class_count_tables(context.store, context.figures.rows));
}

Section subgroups_section(const ReportContext& context) {
    auto section = tables_section("subgroups", "Subgroups",
                                  "Mean test AUC in percent on the test images of one sex, age group or view.",
                                  subgroup_tables(context.figures.subgroups, true));
    if (!section.empty()) section.legend.push_back(subgroups_legend());
    return section;
}

Section published_section(const ReportContext& context) {
    return tables_section("published", "Published figures",
                          "Figures of publications next to those of this experiment, and in what their protocols "
                          "differ.",
                          published_tables(context.figures.published));
}

/// The sections of a page, in its order.
constexpr Section (*sections[])(const ReportContext&) = {
    leaderboard_section, class_counts_section, curves_section,   findings_section,
    pairs_section,       segmentation_section, scores_section,   subgroups_section,
    training_section,    heatmaps_section,     controls_section, published_section,
    leakage_section,     health_section,       variance_section, provenance_section,
};

/// "nih: 25596 test images of 2797 patients", by what was tested first.
std::string datasets_of(const ReportFigures& figures) {
    std::string text;
    std::set<std::string> seen;
    for (const auto* rows : {&figures.rows, &figures.segmentation})
        for (const auto& row : *rows)
            for (const auto& cell : row.cells)
                if (cell.test_images > 0 && seen.insert(row.dataset).second)
                    text +=
                        fmt::format("{}{}: {} of {}", text.empty() ? "" : "; ", row.dataset,
                                    counted(cell.test_images, "test image"), counted(cell.test_patients, "patient"));
    return text;
}

std::size_t methods_of(const ReportFigures& figures) {
    std::set<std::string> names;
    for (const auto* rows : {&figures.rows, &figures.segmentation})
        for (const auto& row : *rows) names.insert(row.method);
    return names.size();
}

} // namespace

Page report_page(Store& store, const std::string& experiment, const ReportFigures& figures) {
    const ReportContext context(store, experiment, figures);
    Statement head(store.db(), "SELECT e.name, coalesce(json_extract(e.plan, '$.about'), ''), count(DISTINCT c.id), "
                               "count(DISTINCT c.id) FILTER (WHERE c.state = 'done'), "
                               "count(DISTINCT c.id) FILTER (WHERE c.state = 'failed') FROM experiments e "
                               "LEFT JOIN experiment_jobs x ON x.experiment_id = e.id "
                               "LEFT JOIN jobs c ON c.id = x.job_id WHERE e.id = ?");
    head.bind(1, context.id).step();
    Page page;
    page.title = head.text(0);
    page.about = head.text(1);
    const auto jobs = head.integer(2), done = head.integer(3), failed = head.integer(4);
    page.facts = {{"jobs", fmt::format("{} of {} done", done, jobs)},
                  {"methods", fmt::format("{}", methods_of(figures))}};
    if (auto datasets = datasets_of(figures); !datasets.empty())
        page.facts.emplace_back("datasets", std::move(datasets));
    for (auto& fact : making(store, context.id)) page.facts.push_back(std::move(fact));
    if (done < jobs)
        page.warnings.push_back(fmt::format("{} of {} jobs are done{}: the figures are not final.", done, jobs,
                                            failed > 0 ? fmt::format(", {} failed", failed) : ""));
    std::istringstream leaks(leakage_text(store, experiment)), sick(health_text(store, experiment));
    for (std::string line; std::getline(leaks, line);) page.warnings.push_back(line + ".");
    if (const auto count = std::count(std::istreambuf_iterator<char>(sick), {}, '\n'); count > 0)
        page.warnings.push_back(
            fmt::format("{} {} not healthy: see below.", counted(count, "pre-training"), count == 1 ? "is" : "are"));
    for (const auto make : sections)
        if (auto section = make(context); !section.empty()) page.sections.push_back(std::move(section));
    name_files(page);
    return page;
}

} // namespace mlvicx
