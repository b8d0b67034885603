#include "results/report/markdown.h"

#include "results/report/class_table.h"
#include "results/report/encoders.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/making.h"
#include "results/report/sections/aggregate_text.h"
#include "results/report/sections/class_count_text.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/pairs_text.h"
#include "results/report/sections/segmentation_text.h"
#include "results/report/sections/subgroups_text.h"
#include "results/report/sections/variance_text.h"
#include "results/report/subsets.h"
#include "results/report/text.h"

namespace mlvicx {

namespace {

std::string making_markdown(Store& store, std::int64_t experiment) {
    std::string text = "| | |\n|:--|:--|\n";
    for (const auto& [name, value] : making(store, experiment))
        text += fmt::format("| {} | {} |\n", name, markdown_escaped(value));
    return text;
}

} // namespace

std::string report_markdown(Store& store, const std::string& experiment, const ReportFigures& figures) {
    const auto& rows = figures.rows;
    const std::int64_t id = store.find_experiment(experiment);
    Statement head(store.db(), "SELECT e.name, e.plan, count(DISTINCT c.id), count(DISTINCT c.id) FILTER "
                               "(WHERE c.state = 'done') FROM experiments e "
                               "LEFT JOIN experiment_jobs x ON x.experiment_id = e.id "
                               "LEFT JOIN jobs c ON c.id = x.job_id WHERE e.id = ?");
    head.bind(1, id).step();
    const auto jobs = head.integer(2), done = head.integer(3);
    std::string text = "# " + head.text(0) + "\n";
    text += done == jobs ? fmt::format("All {} jobs are done.\n", jobs)
                         : fmt::format("{} of {} jobs are done: the figures are not final.\n", done, jobs);
    if (!rows.empty() || figures.segmentation.empty()) {
        text += "\n## Test AUC\n" + grid_markdown(rows);
        if (const auto counts = tables_markdown(class_count_tables(store, rows)); !counts.empty())
            text += "\n## With and without No Finding\n" + counts;
        if (const auto same = same_subsets_text(store, experiment); !same.empty())
            text += "\n## Label fractions with the same images\n```\n" + same + "```\n";
        text += std::string("\n## Above the random control\n```\n") + gap_text(rows) + "```\n";
    }
    if (const auto classes = classes_markdown(rows); !classes.empty()) text += "\n## Classes\n" + classes;
    if (!figures.segmentation.empty())
        text += "\n## Segmentation\n" + segmentation_markdown(figures.segmentation, figures.segmentation_pairs);
    if (const auto leakage = leakage_text(store, experiment, true); !leakage.empty())
        text += "\n## Test images known before the test\n```\n" + leakage + "```\n";
    if (const auto boxes = localisation_markdown(figures.boxes); !boxes.empty())
        text += "\n## Heatmaps against boxes\n" + boxes;
    if (const auto groups = subgroups_markdown(figures.subgroups); !groups.empty()) text += "\n## Subgroups\n" + groups;
    if (const auto pairs = pairs_markdown(figures.pairs); !pairs.empty()) text += "\n## Pairs of methods\n" + pairs;
    if (const auto tasks = aggregates_markdown(rows); !tasks.empty()) text += "\n## Over all tasks\n" + tasks;
    if (const auto variance = variance_markdown(rows); !variance.empty()) text += "\n## Seeds and draws\n" + variance;
    if (const auto health = health_text(store, experiment, true); !health.empty())
        text += "\n## Pre-training\n```\n" + health + "```\n";
    if (const auto encoders = encoders_markdown(store, experiment); !encoders.empty())
        text += "\n## Encoders\n" + encoders;
    if (done > 0)
        text += "\n## Datasets\n" + tables_markdown(dataset_tables(store, id)) + "\n## How this was made\n" +
                making_markdown(store, id);
    text += "\n## Plan\n```json\n" + pretty(head.json(1)) + "```\n";
    return text;
}

std::string report_markdown(Store& store, const std::string& experiment) {
    return report_markdown(store, experiment, report_figures(store, experiment, grid(store, experiment)));
}

} // namespace mlvicx
