#pragma once

#include "tests/support/results_fixture.h"

#include <map>
#include <string>
#include <vector>

namespace results_test {

/// A small experiment made by hand: three methods, two fractions, three seeds, frozen; fine-tuned with one seed and
/// only at the smaller fraction, where one class is undefined, one job failed and one is missing.
inline void make_experiment(mlvicx::Store& store) {
    const std::map<std::string, std::vector<double>> frozen = {
        {"mlvicx", {0.70, 0.72, 0.74, 0.80, 0.81, 0.82}},
        {"byol", {0.60, 0.61, 0.62, 0.601, 0.60, 0.599}},
        {"random", {0.55, 0.56, 0.57, 0.62, 0.63, 0.64}},
    };
    std::vector<mlvicx::JobKey> jobs;
    for (int seed = 0; seed < 3; ++seed)
        for (const std::string method : {"mlvicx", "byol", "random"}) {
            if (method != "random") jobs.push_back(job(fmt::format("p{}{}", method, seed), method, 0, seed, ""));
            for (const double fraction : {0.05, 1.0})
                jobs.push_back(job(fmt::format("{}{}{}", method, fraction, seed), method, fraction, seed));
            if (seed == 0) jobs.push_back(job("t" + method, method, 0.05, 0, "finetuned"));
        }
    store.add_experiment("small", mlvicx::json::object{{"name", "small"}}, jobs);
    for (const auto& key : jobs) {
        if (key.protocol == "frozen") {
            const auto at = static_cast<std::size_t>(key.seed + (key.fraction == 1 ? 3 : 0));
            auto r = result();
            r.test = aucs({{"Mass", frozen.at(key.method)[at], 10, 90}});
            r.train_images = key.fraction == 1 ? 700 : 35;
            r.scored.reset(); // metrics without scores behind them; results/report/evidence.cpp has some with scores
            r.scores.clear();
            store.finish(key, r, provenance);
        } else if (key.protocol.empty()) {
            mlvicx::JobResult r;
            r.seconds = 3600;
            store.finish(key, r, provenance);
        }
    }
    auto r = result(0.765);
    r.train_images = 35;
    r.scored.reset();
    r.scores.clear();
    store.finish(job("tmlvicx"), r, provenance);
    store.fail(job("tbyol"), "the loss is not a number at step 12", provenance);
}

} // namespace results_test
