#pragma once

#include "core/random.h"
#include "results/metrics/classification.h"
#include "results/store/store.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// The size of a simulated sweep; by default 20,000 evaluations.
struct Sweep {
    std::uint16_t methods = 40; ///< the first is the random control; the others are pre-trained, once per seed
    std::vector<std::string> protocols = {"frozen", "knn", "partial", "finetuned"};
    std::vector<double> fractions = {0.01, 0.02, 0.05, 0.1, 1};
    std::uint32_t seeds = 5;
    std::int64_t draws = 5;
    std::size_t images = 200, patients = 120, classes = 5; ///< of the test split
};

/// Fills an empty results file with a finished sweep. It is not flushed to disk: for benchmarks and tests only.
inline void simulate(Store& store, const Sweep& sweep) {
    store.db().run("PRAGMA synchronous = OFF");
    ScoredImages scored{"simulated", "test", {}, {}, {}, {}};
    Random labels(0, Purpose::bootstrap, 1);
    for (std::size_t c = 0; c < sweep.classes; ++c) scored.classes.push_back(fmt::format("finding {}", c + 1));
    for (std::size_t image = 0; image < sweep.images; ++image) {
        scored.ids.push_back(fmt::format("{:08}.png", image));
        scored.patients.push_back(fmt::format("{}", labels.below(static_cast<std::uint32_t>(sweep.patients))));
        for (std::size_t c = 0; c < sweep.classes; ++c) scored.labels.push_back(labels.chance(0.2) ? 1 : 0);
    }
    const Provenance made{"abcdef012345", "0.1.0", "1.13.0", "cpu", "box"};
    std::vector<JobKey> jobs;
    const auto pretraining = [](std::uint16_t method, std::uint32_t seed) {
        return fmt::format("pre-training {} {}", method, seed);
    };
    for (std::uint16_t method = 0; method < sweep.methods; ++method)
        for (std::uint32_t seed = 0; seed < sweep.seeds; ++seed) {
            JobKey key;
            key.method = method == 0 ? "random" : fmt::format("method {}", method);
            key.control = method == 0;
            key.dataset = "simulated";
            key.seed = seed;
            if (method > 0) {
                key.kind = "pretrain";
                key.hash = pretraining(method, seed);
                key.config = {{"kind", "pretrain"}, {"method", key.method}, {"seed", seed}};
                jobs.push_back(key);
                JobResult result;
                result.details["health"] = json::object{{"verdict", "healthy"}, {"reason", "simulated"}};
                for (int epoch = 0; epoch < 100; ++epoch)
                    for (const char* curve : {"loss", "learning_rate", "embedding_std", "dimensions", "effective_rank"})
                        result.curves.push_back({epoch, curve, 1.0 + 1.0 / (1 + epoch)});
                store.finish(key, result, made);
            }
            key.kind = "evaluate";
            for (const auto& protocol : sweep.protocols)
                for (const double fraction : sweep.fractions)
                    for (std::int64_t draw = 0; draw < sweep.draws; ++draw) {
                        key.protocol = protocol;
                        key.fraction = fraction;
                        key.draw = draw;
                        key.hash = fmt::format("{} {} {} {} {}", method, protocol, fraction, seed, draw);
                        key.config = {{"kind", "evaluate"},   {"protocol", protocol},
                                      {"fraction", fraction}, {"seed", seed},
                                      {"draw", draw},         {"weights", pretraining(method, seed)},
                                      {"precision", "fp32"}};
                        jobs.push_back(key);
                        Random noise(seed, Purpose::bootstrap, static_cast<std::uint32_t>(draw),
                                     static_cast<std::uint32_t>(1000 * fraction), method);
                        JobResult result;
                        result.dataset_fingerprint = scored.fingerprint;
                        result.train_images = static_cast<std::int64_t>(75000 * fraction);
                        result.details = {{"features", 512}, {"dead_features", 1}};
                        const double skill = 0.002 * method + 0.1 * fraction;
                        for (const auto label : scored.labels)
                            result.scores.push_back(
                                static_cast<float>(0.7 * noise.uniform() + (label == 1 ? skill : 0)));
                        result.test = classification_tables(result.scores, scored.labels, scored.classes);
                        result.scored = scored;
                        store.finish(key, result, made);
                    }
        }
    store.add_experiment("simulated", json::object{{"name", "simulated"}}, jobs);
}

} // namespace mlvicx
