#include "results/report/card.h"

#include "core/stored_names.h"
#include "results/report/card_parts.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/table.h"
#include "results/report/text.h"
#include "results/statistics/intervals.h"
#include "results/store/digests.h"

#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace mlvicx {

namespace {

std::string paragraph(const std::string& heading, const std::string& text) {
    return text.empty() ? text : wrapped("**" + heading + ".** " + text, 80) + "\n\n";
}

/// The distinct values of a column over the finished jobs.
std::string distinct(Store& store, std::int64_t experiment, const std::string& column) {
    Statement query(store.db(), "SELECT DISTINCT " + column +
                                    " FROM experiment_jobs x JOIN jobs j ON j.id = x.job_id WHERE x.experiment_id = ? "
                                    "AND j.state = 'done' AND " +
                                    column + " IS NOT NULL ORDER BY 1");
    query.bind(1, experiment);
    std::vector<std::string> values;
    while (query.step()) values.push_back(query.text(0));
    return fmt::format("{}", fmt::join(values, ", "));
}

std::int64_t number(Store& store, std::int64_t experiment, const std::string& what) {
    Statement query(store.db(), "SELECT " + what +
                                    " FROM experiment_jobs x JOIN jobs j ON j.id = x.job_id WHERE x.experiment_id = ?");
    query.bind(1, experiment).step();
    return query.integer(0);
}

std::string repetitions_text(Store& store, std::int64_t experiment) {
    const auto draws = distinct(store, experiment, "j.draw");
    std::string text =
        fmt::format("Seeds: {}; a seed determines initial weights, the order of images, views and fine-tuning",
                    distinct(store, experiment, "j.seed"));
    text += draws.empty() ? ", and the draw of the labelled images."
                          : ". Labelled images are drawn with the seeds " + draws + ".";
    if (const auto lists = number(store, experiment, "count(DISTINCT json_extract(j.config, '$.subset'))"); lists > 0)
        text += fmt::format(" The labelled images come from {} by name.", counted(lists, "imported list"));
    return text;
}

/// Test images known before the test, and evaluations that the tables leave out.
std::string exclusions_text(Store& store, const std::string& name, std::int64_t experiment) {
    std::string text = leakage_text(store, name, true);
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n'))
        text.replace(end, 1, end + 1 == text.size() ? "." : "; ");
    std::int64_t left_out = 0, failed = 0, unfinished = 0;
    Statement evaluations(store.db(), "SELECT c.state, " + pretraining_health +
                                          " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                                          "WHERE x.experiment_id = ? AND c.kind = 'evaluate'");
    evaluations.bind(1, experiment);
    while (evaluations.step()) {
        const auto state = evaluations.text(0);
        left_out += state == "done" && left_out_of_tables(evaluations.text(1)) ? 1 : 0;
        failed += state == "failed" ? 1 : 0;
        unfinished += state != "done" && state != "failed" ? 1 : 0;
    }
    const auto add = [&](std::int64_t count, const char* what) {
        if (count > 0) text += fmt::format(" {} {}.", counted(count, "evaluation"), what);
    };
    add(left_out, "left out because the pre-training collapsed or diverged");
    add(failed, "failed");
    add(unfinished, "not finished: the figures are not final");
    if (number(store, experiment,
               fmt::format("count(json_extract(j.config, '$.{}'))", stored::without_test_images_of)) > 0)
        text += " Pre-training left out every image with a copy in an evaluated test split.";
    return text;
}

std::string intervals_text(Store& store, std::int64_t experiment) {
    const auto with = number(store, experiment,
                             "count(DISTINCT iif(EXISTS (SELECT 1 FROM scores s WHERE s.job_id = j.id) OR EXISTS "
                             "(SELECT 1 FROM image_values v WHERE v.job_id = j.id), j.id, NULL))");
    std::string text;
    if (with > 0)
        text =
            fmt::format("Intervals are 95 % percentile intervals of a bootstrap over the patients of the test images "
                        "({} resamples), for the models as trained; methods are compared on the same resamples, and "
                        "p values are corrected by Holm over the pairs of a dataset, protocol and label fraction.",
                        report_resamples);
    else
        text = "The results file has no scores, so there are no intervals.";
    return text + " ± is the standard deviation over seeds"
                  " (and draws of the labelled images, if they are drawn separately).";
}

std::string versions_text(Store& store, std::int64_t experiment) {
    std::string text =
        fmt::format("mlvicx-bench {} (commit {}), LibTorch {}, on {}.", distinct(store, experiment, "j.suite_version"),
                    distinct(store, experiment, "j.git_commit"), distinct(store, experiment, "j.libtorch_version"),
                    distinct(store, experiment, "j.device"));
    Statement plan(store.db(), "SELECT plan_hash FROM experiments WHERE id = ?");
    plan.bind(1, experiment).step();
    text += fmt::format(" The plan has the SHA-256 {}", plan.text(0).substr(0, 16));
    if (const auto digest = digest_of_experiment(store.db(), experiment); !digest.empty())
        text += fmt::format(", the results {}", digest.substr(0, 16));
    return text + ".";
}

} // namespace

std::string card_text(Store& store, const std::string& experiment) {
    const auto id = store.find_experiment(experiment);
    Statement head(store.db(), "SELECT name, plan FROM experiments WHERE id = ?");
    head.bind(1, id).step();
    const std::string name = head.text(0);
    const auto value = head.json(1);
    const json::object plan = value.is_object() ? value.get_object() : json::object{};
    return paragraph("Data", data_sentences(store, id, plan)) +
           paragraph("Pre-training", pretraining_sentences(store, id)) +
           paragraph("Evaluation", evaluation_sentences(store, id)) +
           paragraph("Repetitions", repetitions_text(store, id)) +
           paragraph("Exclusions", exclusions_text(store, name, id)) +
           paragraph("Intervals", intervals_text(store, id)) + paragraph("Software", versions_text(store, id));
}

} // namespace mlvicx
