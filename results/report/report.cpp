#include "results/report/report.h"

#include "core/files.h"
#include "results/report/csv.h"
#include "results/report/curves.h"
#include "results/report/health.h"
#include "results/report/markdown.h"
#include "results/report/query_column.h"
#include "results/report/sections/grid_csv.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/sections/pairs_text.h"
#include "results/report/sections/subgroups_text.h"
#include "results/report/sections/variance_text.h"

namespace mlvicx {

ReportFigures report_figures(Store& store, const std::string& experiment, const std::vector<GridRow>& rows, bool all) {
    ReportFigures figures{rows,
                          grid(store, experiment, all, Task::segmentation),
                          method_pairs(store, rows),
                          {},
                          localisation(store, rows),
                          subgroups(store, rows),
                          {}};
    figures.segmentation_pairs = method_pairs(store, figures.segmentation);
    return figures;
}

void add_published(Store& store, const std::string& experiment, const std::vector<PublishedFigure>& published,
                   ReportFigures& figures) {
    auto rows = figures.rows;
    rows.insert(rows.end(), figures.segmentation.begin(), figures.segmentation.end());
    figures.published = published_lines(store, experiment, rows, published);
}

std::string seeds_csv(Store& store, const std::string& experiment) {
    Statement query(
        store.db(),
        "SELECT x.dataset, c.protocol, x.method, c.fraction, c.seed, c.train_images, m.split, m.metric, m.class, "
        "m.value, m.positives, m.negatives, m.defined, c.hash, c.draw, " +
            pretraining_health +
            ", json_extract(c.details, '$.stamps') FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
            "JOIN metrics m ON m.job_id = c.id WHERE x.experiment_id = ? "
            "AND c.state = 'done' ORDER BY x.position, m.split, m.metric, m.position");
    query.bind(1, store.find_experiment(experiment));
    CsvText<Statement> csv({{"dataset", text<0>},
                            {"protocol", text<1>},
                            {"method", text<2>},
                            {"fraction", [](const Statement& s) { return s.real(3); }},
                            {"seed", text<4>},
                            {"train_images", text<5>},
                            {"split", text<6>},
                            {"metric", text<7>},
                            {"class", text<8>},
                            {"value", [](const Statement& s) { return s.maybe_real(9); }},
                            {"positives", text<10>},
                            {"negatives", text<11>},
                            {"defined", text<12>},
                            {"job", text<13>},
                            {"draw", text<14>},
                            {"pretraining", text<15>},
                            {"stamps", [](const Statement& s) { return stamp_names(stamps_from(s.text(16))); }}});
    while (query.step()) csv.add(query);
    return csv.text();
}

std::vector<std::pair<std::string, std::string>> report_files(Store& store, const std::string& experiment,
                                                              const ReportFigures& figures) {
    const auto& rows = figures.rows;
    std::vector<std::pair<std::string, std::string>> files = {{".md", report_markdown(store, experiment, figures)},
                                                              {".csv", grid_csv(rows)},
                                                              {"-classes.csv", classes_csv(rows)},
                                                              {"-pairs.csv", pairs_csv(figures.pairs)},
                                                              {"-seeds.csv", seeds_csv(store, experiment)}};
    if (auto curves = curves_csv(store, experiment); !curves.empty())
        files.emplace_back("-curves.csv", std::move(curves));
    if (auto variance = variance_csv(rows); !variance.empty()) files.emplace_back("-variance.csv", std::move(variance));
    if (!figures.boxes.empty()) files.emplace_back("-localisation.csv", localisation_csv(figures.boxes));
    if (!figures.subgroups.empty()) files.emplace_back("-subgroups.csv", subgroups_csv(figures.subgroups));
    if (!figures.published.empty()) files.emplace_back("-published.csv", published_csv(figures.published));
    if (!figures.segmentation.empty()) files.emplace_back("-segmentation.csv", segmentation_csv(figures.segmentation));
    if (!figures.segmentation_pairs.empty())
        files.emplace_back("-segmentation-pairs.csv", segmentation_pairs_csv(figures.segmentation_pairs));
    return files;
}

std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const ReportFigures& figures, const std::filesystem::path& prefix) {
    std::vector<std::filesystem::path> written;
    for (const auto& [ending, content] : report_files(store, experiment, figures)) {
        written.push_back(prefix);
        written.back() += ending;
        write_text(written.back(), content);
    }
    return written;
}

} // namespace mlvicx
