#include "results/report.h"

#include "core/files.h"
#include "results/csv.h"
#include "results/experiment.h"
#include "results/grid_csv.h"
#include "results/health.h"
#include "results/localisation_text.h"
#include "results/markdown.h"
#include "results/pairs_text.h"
#include "results/variance_text.h"

#include <utility>

namespace mlvicx {

ReportFigures report_figures(Store& store, const std::string& experiment, const std::vector<GridRow>& rows, bool all) {
    ReportFigures figures{rows, grid(store, experiment, all, Task::segmentation), method_pairs(store, rows), {}};
    figures.segmentation_pairs = method_pairs(store, figures.segmentation);
    return figures;
}

std::string seeds_csv(Store& store, const std::string& experiment) {
    Statement query(
        store.db(),
        "SELECT x.dataset, c.protocol, x.method, c.fraction, c.seed, c.train_images, m.split, m.metric, m.class, "
        "m.value, m.positives, m.negatives, m.defined, c.hash, c.draw, " +
            pretraining_health +
            " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
            "JOIN metrics m ON m.job_id = c.id WHERE x.experiment_id = ? "
            "AND c.state = 'done' ORDER BY x.position, m.split, m.metric, m.position");
    query.bind(1, find_experiment(store, experiment));
    Csv<Statement> csv({{"dataset", [](const Statement& s) { return s.text(0); }},
                        {"protocol", [](const Statement& s) { return s.text(1); }},
                        {"method", [](const Statement& s) { return s.text(2); }},
                        {"fraction", [](const Statement& s) { return s.real(3); }},
                        {"seed", [](const Statement& s) { return s.integer(4); }},
                        {"train_films", [](const Statement& s) { return s.integer(5); }},
                        {"split", [](const Statement& s) { return s.text(6); }},
                        {"metric", [](const Statement& s) { return s.text(7); }},
                        {"class", [](const Statement& s) { return s.text(8); }},
                        {"value", [](const Statement& s) { return s.maybe_real(9); }},
                        {"positives", [](const Statement& s) { return s.maybe_integer(10); }},
                        {"negatives", [](const Statement& s) { return s.maybe_integer(11); }},
                        {"defined", [](const Statement& s) { return s.integer(12); }},
                        {"cell", [](const Statement& s) { return s.text(13); }},
                        {"draw", [](const Statement& s) { return s.maybe_integer(14); }},
                        {"pretraining", [](const Statement& s) { return s.text(15); }}});
    while (query.step()) csv.add(query);
    return csv.text();
}

std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const std::vector<GridRow>& rows, const std::filesystem::path& prefix,
                                                bool all) {
    const auto figures = report_figures(store, experiment, rows, all);
    std::vector<std::pair<const char*, std::string>> files = {{".md", report_markdown(store, experiment, figures)},
                                                              {".csv", grid_csv(rows)},
                                                              {"-classes.csv", classes_csv(rows)},
                                                              {"-pairs.csv", pairs_csv(figures.pairs)},
                                                              {"-seeds.csv", seeds_csv(store, experiment)}};
    if (auto variance = variance_csv(rows); !variance.empty()) files.emplace_back("-variance.csv", std::move(variance));
    if (const auto boxes = localisation(store, rows); !boxes.empty())
        files.emplace_back("-localisation.csv", localisation_csv(boxes));
    if (!figures.segmentation.empty()) files.emplace_back("-segmentation.csv", segmentation_csv(figures.segmentation));
    if (!figures.segmentation_pairs.empty())
        files.emplace_back("-segmentation-pairs.csv", segmentation_pairs_csv(figures.segmentation_pairs));
    std::vector<std::filesystem::path> written;
    for (const auto& [ending, text] : files) {
        written.push_back(prefix);
        written.back() += ending;
        write_text(written.back(), text);
    }
    return written;
}

} // namespace mlvicx
