#pragma once

// A results file whose figures follow from what it stores, as a run leaves it.

#include "core/hash.h"
#include "core/random.h"
#include "core/safetensors.h"
#include "results/metrics/classification.h"
#include "results/metrics/segmentation.h"
#include "results/statistics/localisation_figures.h"
#include "tests/support/results_fixture.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace results_test {

inline const std::string nih_fingerprint(64, 'a');

/// How good a method is, and what its plan says.
struct HonestOptions {
    double skill = 1;                          ///< distance between the classes' scores, of mlvicx
    std::vector<std::int64_t> seeds = {0, 1};  //
    std::uint64_t noise = 0;                   ///< of the scores
    std::int64_t epochs = 10;                  ///< of pre-training, in configurations and in the plan
    std::string experiment = "honest";         //
    std::string fingerprint = nih_fingerprint; //
    std::size_t images = 60;                   ///< in the test split, two of each patient
    std::vector<std::string> methods = {"mlvicx", "byol", "random"};
};

inline std::string hash_of_config(const mlvicx::json::object& config) {
    return mlvicx::sha256(mlvicx::canonical(config)).substr(0, 32);
}

inline mlvicx::ScoredImages test_images(const HonestOptions& options, const std::vector<std::string>& classes) {
    mlvicx::ScoredImages images{options.fingerprint, "test", {}, {}, classes, {}};
    for (std::size_t i = 0; i < options.images; ++i) {
        images.ids.push_back(fmt::format("{:03}.png", i));
        images.patients.push_back(fmt::format("p{}", i / 2));
        for (std::size_t c = 0; c < classes.size(); ++c)
            images.labels.push_back(i % 7 == 3 && c == 1 ? std::int8_t{-1} : std::int8_t{(i + c) % 3 == 0});
    }
    return images;
}

inline mlvicx::JobKey honest_job(const HonestOptions& options, const std::string& method, std::int64_t seed,
                                 const std::string& protocol = "", double fraction = 0) {
    const auto pretrain_config = [&] {
        return mlvicx::json::object{{"kind", "pretrain"},
                                    {"method", method},
                                    {"encoder", "resnet18"},
                                    {"training", {{"epochs", options.epochs}, {"batch_size", 32}}},
                                    {"dataset", options.fingerprint},
                                    {"seed", seed}};
    };
    mlvicx::JobKey key = job("", method, fraction, seed, protocol);
    if (protocol.empty()) {
        key.config = pretrain_config();
    } else {
        const mlvicx::json::object initial{{"kind", "random"}, {"seed", seed}};
        key.config = {{"kind", "evaluate"},
                      {"encoder", "resnet18"},
                      {"weights", hash_of_config(method == "random" ? initial : pretrain_config())},
                      {"dataset", options.fingerprint},
                      {"protocol", protocol},
                      {"fraction", fraction},
                      {"seed", seed},
                      {"image_size", 32}};
    }
    key.hash = hash_of_config(key.config);
    return key;
}

/// An encoder's file as a pre-training leaves it; returns the digest.
inline std::string write_encoder(const std::filesystem::path& folder, const mlvicx::JobKey& key) {
    const auto file = folder / (key.hash + ".safetensors");
    std::filesystem::create_directories(folder);
    const std::array<float, 2> weights = {static_cast<float>(key.seed), 0.5f};
    mlvicx::SafetensorsWriter writer(file, {{"conv1.weight", mlvicx::DType::f32, {2}}});
    writer.write("conv1.weight", 0, std::as_bytes(std::span(weights)));
    mlvicx::TensorView view{{"conv1.weight", mlvicx::DType::f32, {2}}, std::as_bytes(std::span(weights))};
    const auto digest = mlvicx::digest_of({{"conv1.weight", view}});
    writer.commit({{"hash", key.hash}, {"config", mlvicx::canonical(key.config)}, {mlvicx::digest_key, digest}});
    return digest;
}

inline mlvicx::JobResult honest_scores(const HonestOptions& options, const mlvicx::JobKey& key) {
    mlvicx::JobResult result;
    result.dataset_fingerprint = options.fingerprint;
    result.train_images = key.fraction == 1 ? 200 : 10;
    result.seconds = 2;
    result.scored = test_images(options, {"Mass", "Nodule"});
    const double skill = key.method == "mlvicx" ? options.skill : key.method == "byol" ? 0.6 : 0.1;
    mlvicx::Random random(options.noise + static_cast<std::uint64_t>(key.seed), mlvicx::Purpose::bootstrap, 7,
                          static_cast<std::uint32_t>(key.method.size()));
    for (const auto label : result.scored->labels) {
        const double draw = static_cast<double>(random.below(1000)) / 1000;
        result.scores.push_back(static_cast<float>(std::min(1.0, draw / (1 + skill) + (label == 1 ? skill / 4 : 0))));
    }
    result.test = mlvicx::classification_tables(result.scores, result.scored->labels, result.scored->classes);
    result.validation = aucs({{"Mass", 0.7, 3, 4}, {"Nodule", {}, 0, 7}});
    result.leakage = mlvicx::Leakage{std::ssize(result.scored->ids), 0, 2};
    return result;
}

inline mlvicx::JobResult honest_masks(const HonestOptions& options) {
    mlvicx::JobResult result;
    result.dataset_fingerprint = options.fingerprint;
    result.train_images = 200;
    mlvicx::PixelCounts counts;
    auto images = test_images(options, {"Pneumothorax"});
    result.pictures = {{"segmentation", "Masks of test images.", "not really a picture"}};
    for (std::size_t i = 0; i < options.images; ++i) {
        const auto truth = static_cast<float>(i % 3 * 10), predicted = static_cast<float>(i % 4 * 5);
        images.labels[i] = truth > 0;
        counts.truth.push_back(truth);
        counts.predicted.push_back(predicted);
        counts.intersection.push_back(std::min(truth, predicted) / 2);
    }
    result.test = mlvicx::segmentation_tables(counts, images.classes);
    result.image_metrics = {
        {images, {{"intersection", counts.intersection}, {"predicted", counts.predicted}, {"truth", counts.truth}}}};
    return result;
}

/// Heatmap figures of half of the test images, added to a classification's result.
inline void add_heatmaps(const HonestOptions& options, mlvicx::JobResult& result) {
    mlvicx::ImageMetrics metrics{test_images(options, {"Mass"}), {}};
    const auto add = [&](const std::string& name, float least) {
        metrics.metrics.push_back({name, {}});
        for (std::size_t i = 0; i < options.images; ++i)
            metrics.metrics.back().values.push_back(metrics.images.labels[i] == 1 ? least + static_cast<float>(i) / 500
                                                                                  : std::nanf(""));
    };
    add(mlvicx::area_metric, 0.1f);
    for (const auto& metric : mlvicx::localisation_metrics) {
        add(metric.name, 0.3f);
        add(mlvicx::centre_prefix + metric.name, 0.2f);
    }
    for (const auto& table : mlvicx::localisation_tables(metrics)) result.test.push_back(table);
    result.image_metrics.push_back(std::move(metrics));
}

/// mlvicx and byol pre-trained and evaluated, and random, for each seed: frozen at two fractions (with heatmaps at the
/// larger one), masks once; encoders in FILE.artifacts/encoders.
inline void make_honest(const std::filesystem::path& file, const HonestOptions& options = {}) {
    mlvicx::Store store(file);
    auto encoders = file;
    encoders.replace_extension(".artifacts");
    std::vector<mlvicx::JobKey> jobs;
    for (const auto seed : options.seeds)
        for (const auto& method : options.methods) {
            if (method != "random") jobs.push_back(honest_job(options, method, seed));
            for (const double fraction : {0.05, 1.0})
                jobs.push_back(honest_job(options, method, seed, "frozen", fraction));
            jobs.push_back(honest_job(options, method, seed, "segmentation_frozen", 1));
        }
    mlvicx::json::array methods;
    for (const auto& method : options.methods) methods.emplace_back(method);
    const mlvicx::json::object plan{{"name", options.experiment},
                                    {"encoder", "resnet18"},
                                    {"pretrain", {{"dataset", "nih"}, {"epochs", options.epochs}}},
                                    {"methods", methods}};
    store.add_experiment(options.experiment, plan, jobs);
    std::map<std::pair<std::string, std::int64_t>, std::string> digests;
    for (const auto& key : jobs) {
        mlvicx::JobResult result;
        if (key.protocol.empty()) {
            digests[{key.method, key.seed}] = write_encoder(encoders / "encoders", key);
            result.dataset_fingerprint = options.fingerprint;
            result.train_images = 200;
            result.details = {{"encoder", "resnet18"},
                              {"epochs", options.epochs},
                              {"health", {{"verdict", "healthy"}, {"reason", "effective rank 90 of 128"}}}};
            for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch)
                result.curves.push_back({epoch, "loss", 3.0 / static_cast<double>(epoch + 1)});
        } else {
            result = key.protocol == "frozen" ? honest_scores(options, key) : honest_masks(options);
            if (key.protocol == "frozen" && key.fraction == 1) add_heatmaps(options, result);
            result.details = {{"best", 1}};
            if (key.method == "random")
                result.details["weights"] = {{"random", true}};
            else
                result.details["weights"] = {{"file", "e.safetensors"}, {"digest", digests[{key.method, key.seed}]}};
        }
        store.finish(key, result, provenance);
    }
}

} // namespace results_test
