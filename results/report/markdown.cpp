#include "results/report/markdown.h"

#include "core/error.h"
#include "core/progress.h"
#include "results/report/class_table.h"
#include "results/report/encoders.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/sections/aggregate_text.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/pairs_text.h"
#include "results/report/sections/segmentation_text.h"
#include "results/report/sections/subgroups_text.h"
#include "results/report/sections/variance_text.h"
#include "results/report/text.h"

namespace mlvicx {

namespace {

/// Test images of each class or mask of a job, taken from one of its metrics.
std::string counts_markdown(Store& store, std::int64_t job, const char* metric, const char* head) {
    std::string text = std::string("\n") + head + "|:--|--:|--:|\n";
    Statement classes(store.db(), "SELECT class, positives, negatives FROM metrics WHERE job_id = ? "
                                  "AND split = 'test' AND metric = ? AND position > 0 ORDER BY position");
    classes.bind(1, job).bind(2, std::string(metric));
    while (classes.step())
        text += fmt::format("| {} | {} | {} |\n", markdown_escaped(classes.text(0)), classes.integer(1),
                            classes.integer(2));
    return text;
}

/// Datasets as they were evaluated: fingerprint, test images, positives per class, images per mask.
std::string datasets_markdown(Store& store, std::int64_t experiment) {
    Statement sets(store.db(),
                   "SELECT x.dataset, c.dataset_fingerprint, "
                   "min(CASE WHEN coalesce(p.task, '') <> 'segmentation' THEN c.id END), "
                   "max((SELECT f.images FROM scores s JOIN image_sets f ON f.id = s.set_id WHERE s.job_id = c.id)), "
                   "min(CASE WHEN p.task = 'segmentation' THEN c.id END) "
                   "FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id LEFT JOIN protocols p ON p.name = c.protocol "
                   "WHERE x.experiment_id = ? "
                   "AND c.state = 'done' AND c.kind = 'evaluate' GROUP BY 1, 2 ORDER BY min(x.position)");
    sets.bind(1, experiment);
    std::string text;
    while (sets.step()) {
        text += fmt::format("### {}\nFingerprint `{}`", markdown_escaped(sets.text(0)), sets.text(1));
        if (sets.integer(3) > 0) text += fmt::format(", {} test images", sets.integer(3));
        text += ".\n";
        if (const auto job = sets.integer(2); job != 0)
            text += counts_markdown(store, job, "auc", "| class | positive test images | negative test images |\n");
        if (const auto job = sets.integer(4); job != 0)
            text += counts_markdown(store, job, "dice", "| mask | test images with it | test images without |\n");
        text += "\n";
    }
    return text;
}

/// The distinct values of a column of the finished jobs, as one line of a table; empty if there are none.
std::string distinct(Store& store, std::int64_t experiment, const std::string& label, const std::string& column) {
    Statement query(store.db(), "SELECT DISTINCT c." + column +
                                    " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                                    "WHERE x.experiment_id = ? AND c.state = 'done' AND c." +
                                    column + " IS NOT NULL ORDER BY 1");
    query.bind(1, experiment);
    std::string values;
    while (query.step()) values += (values.empty() ? "" : ", ") + markdown_escaped(query.text(0));
    return values.empty() ? values : "| " + label + " | " + values + " |\n";
}

std::string making_markdown(Store& store, std::int64_t experiment) {
    std::string text = "| | |\n|:--|:--|\n";
    text += distinct(store, experiment, "mlvicx-bench", "suite_version");
    text += distinct(store, experiment, "git commit", "git_commit");
    text += distinct(store, experiment, "LibTorch", "libtorch_version");
    text += distinct(store, experiment, "device", "device");
    text += distinct(store, experiment, "host", "host");
    text += distinct(store, experiment, "seeds", "seed");
    Statement times(store.db(), "SELECT coalesce(sum(c.seconds), 0), min(c.started_at), max(c.finished_at) FROM jobs c "
                                "WHERE c.state = 'done' AND c.id IN "
                                "(SELECT job_id FROM experiment_jobs WHERE experiment_id = ?)");
    times.bind(1, experiment).step();
    text += fmt::format("| time, all jobs together | {} |\n", duration_text(times.real(0)));
    if (!times.text(1).empty()) text += fmt::format("| from, to | {}, {} |\n", times.text(1), times.text(2));
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
        text += std::string("\n## Above the random control\n```\n") + gap_text(rows) + "```\n";
    }
    if (const auto classes = classes_markdown(rows); !classes.empty()) text += "\n## Classes\n" + classes;
    if (!figures.segmentation.empty())
        text += "\n## Segmentation\n" + segmentation_markdown(figures.segmentation, figures.segmentation_pairs);
    if (const auto leakage = leakage_text(store, experiment, true); !leakage.empty())
        text += "\n## Test images known before the test\n```\n" + leakage + "```\n";
    if (const auto boxes = localisation_markdown(localisation(store, rows)); !boxes.empty())
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
        text +=
            "\n## Datasets\n" + datasets_markdown(store, id) + "## How this was made\n" + making_markdown(store, id);
    text += "\n## Plan\n```json\n" + pretty(json::parse(head.text(1))) + "```\n";
    return text;
}

std::string report_markdown(Store& store, const std::string& experiment) {
    return report_markdown(store, experiment, report_figures(store, experiment, grid(store, experiment)));
}

} // namespace mlvicx
