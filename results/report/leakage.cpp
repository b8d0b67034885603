#include "results/report/leakage.h"

#include "results/statistics/groups.h"

#include <fmt/ranges.h>

#include <map>

namespace mlvicx {

namespace {

/// A dataset and what was found about it.
using Finding = std::pair<std::string, std::string>;

Finding finding_of(const std::string& dataset, std::int64_t known, std::int64_t images, const std::string& rest) {
    const std::string count = known == 0 ? "none" : fmt::format("{}", known);
    return {dataset, fmt::format("{} of {} test images {} {}", count, images, known == 1 ? "was" : "were", rest)};
}

/// "nih", "not audited (simclr, random): ...", for each such dataset.
std::vector<Finding> not_audited(Store& store, std::int64_t experiment) {
    Statement query(store.db(), "SELECT x.dataset, x.method FROM experiment_jobs x "
                                "JOIN jobs c ON c.id = x.job_id AND c.state = 'done' WHERE x.experiment_id = ? "
                                "AND json_extract(c.details, '$.audited') = 0 GROUP BY 1, 2 ORDER BY min(x.position)");
    query.bind(1, experiment);
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::string>> methods;
    while (query.step()) {
        order_of(order, query.text(0));
        methods[query.text(0)].push_back(query.text(1));
    }
    std::vector<Finding> findings;
    for (const auto& dataset : order)
        findings.emplace_back(dataset,
                              fmt::format("not audited ({}): test images may be known from training or pre-training",
                                          fmt::join(methods.at(dataset), ", ")));
    return findings;
}

/// "12 test images are of 5 patients who have images in two splits", for each dataset that its lists split so.
std::vector<Finding> shared_patients(Store& store, std::int64_t experiment) {
    Statement query(store.db(), "SELECT DISTINCT x.dataset, json_extract(c.details, '$.shared_patients.test_images'), "
                                "json_extract(c.details, '$.shared_patients.patients') FROM experiment_jobs x "
                                "JOIN jobs c ON c.id = x.job_id AND c.state = 'done' WHERE x.experiment_id = ? "
                                "AND json_extract(c.details, '$.shared_patients') IS NOT NULL ORDER BY 1");
    query.bind(1, experiment);
    std::vector<Finding> findings;
    while (query.step())
        findings.emplace_back(query.text(0), fmt::format("{} test images are of {} patients with images in two splits, "
                                                         "by the lists of its split",
                                                         query.integer(1), query.integer(2)));
    return findings;
}

std::vector<Finding> findings_of(Store& store, const std::string& experiment, bool all) {
    Statement query(store.db(), "SELECT x.dataset, l.test_images, l.in_training, l.in_pretraining, x.method "
                                "FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id AND c.state = 'done' "
                                "JOIN leakage l ON l.job_id = c.id WHERE x.experiment_id = ? "
                                "GROUP BY 1, 2, 3, 4, 5 ORDER BY min(x.position)");
    const auto id = store.find_experiment(experiment);
    query.bind(1, id);
    using Found = std::tuple<std::string, std::int64_t, std::int64_t>; // dataset, test images, known images
    std::vector<Found> order;
    std::map<Found, std::vector<std::string>> pretraining, training;
    while (query.step()) {
        const auto add = [&](auto& groups, std::int64_t known) {
            const Found found{query.text(0), query.integer(1), known};
            if (!pretraining.contains(found) && !training.contains(found)) order.push_back(found);
            groups[found].push_back(query.text(4));
        };
        add(training, query.integer(2));
        if (query.maybe_real(3)) add(pretraining, query.integer(3));
    }
    std::vector<Finding> findings;
    for (const auto& found : order) {
        const auto& [dataset, images, known] = found;
        if (known == 0 && !all) continue;
        if (training.contains(found))
            findings.push_back(finding_of(dataset, known, images, "also in training or validation"));
        if (const auto methods = pretraining.find(found); methods != pretraining.end())
            findings.push_back(finding_of(dataset, known, images,
                                          fmt::format("seen in pre-training ({})", fmt::join(methods->second, ", "))));
    }
    for (auto& finding : shared_patients(store, id)) findings.push_back(std::move(finding));
    for (auto& finding : not_audited(store, id)) findings.push_back(std::move(finding));
    return findings;
}

} // namespace

std::string leakage_text(Store& store, const std::string& experiment, bool all) {
    std::string text;
    for (const auto& [dataset, what] : findings_of(store, experiment, all))
        text += fmt::format("{}: {}\n", dataset, what);
    return text;
}

Table leakage_table(Store& store, const std::string& experiment) {
    Table table;
    table.head = "dataset";
    table.title = "Test images known before the test";
    table.caption = "found by the audit";
    table.columns = {{"finding", ""}};
    for (auto& [dataset, what] : findings_of(store, experiment, true)) table.lines.push_back({dataset, {what}});
    return table;
}

} // namespace mlvicx
