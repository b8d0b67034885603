#pragma once

#include "results/metrics/classification.h"
#include "tests/support/small_experiment.h"

namespace results_test {

using namespace mlvicx;

/// 80 images of 40 patients, two findings, scores that depend on the method's name and the fraction.
inline JobResult scored_result(const JobKey& key) {
    JobResult r;
    r.dataset_fingerprint = "f1n9e2";
    r.train_images = static_cast<std::int64_t>(700 * key.fraction);
    ScoredImages images{"f1n9e2", "test", {}, {}, {"Mass", "Nodule & <node>"}, {}};
    const auto skill = static_cast<int>(40 * key.fraction + 7 * static_cast<double>(key.method.size() % 5));
    for (int i = 0; i < 80; ++i) {
        images.ids.push_back(fmt::format("i{}", i));
        images.patients.push_back(fmt::format("p{}", i / 2));
        for (int c = 0; c < 2; ++c) {
            const int positive = (i * 7 + c) % 3 == 0 ? 1 : 0;
            images.labels.push_back(static_cast<std::int8_t>(positive));
            r.scores.push_back(static_cast<float>((i * (37 + c) + key.seed * 11) % 101 + skill * positive) / 256);
        }
    }
    r.test = classification_tables(r.scores, images.labels, images.classes);
    r.scored = std::move(images);
    r.seconds = 60;
    return r;
}

/// These methods, two fractions and two seeds; the first method is pre-trained.
inline void make_paged(Store& store, const std::vector<std::string>& methods, const std::string& dataset = "nih") {
    std::vector<JobKey> jobs;
    for (std::size_t m = 0; m < methods.size(); ++m)
        for (int seed = 0; seed < 2; ++seed) {
            const auto pretraining = fmt::format("p{}", seed);
            if (m == 0) jobs.push_back(job(pretraining, methods[m], 0, seed, "", dataset));
            for (const double fraction : {0.1, 1.0}) {
                jobs.push_back(
                    job(fmt::format("{} {} {}", m, fraction, seed), methods[m], fraction, seed, "frozen", dataset));
                if (m == 0) jobs.back().config["weights"] = pretraining;
                if (methods[m] == "shuffled") jobs.back().config["control"] = methods[m];
            }
        }
    store.add_experiment("paged", json::object{{"name", "paged"}, {"about", "Says what it is."}}, jobs);
    store.describe_protocols(std::vector<Protocol>{{"frozen", "frozen (linear probe)", Task::classification}});
    for (const auto& key : jobs) {
        if (key.kind == "evaluate") {
            store.finish(key, scored_result(key), provenance);
            continue;
        }
        JobResult r;
        r.details["health"] = json::object{{"verdict", "healthy"}, {"reason", "it learned"}};
        for (int epoch = 0; epoch < 3; ++epoch)
            for (const auto& [name, value] : {std::pair{"loss", 3.0 - epoch},
                                              {"learning_rate", 0.1},
                                              {"embedding_std", 0.05},
                                              {"dimensions", 256.0},
                                              {"effective_rank", 40.0}})
                r.curves.push_back({epoch, name, value});
        store.finish(key, r, provenance);
    }
}

} // namespace results_test
