#include "experiments/runner_work.h"

#include "core/error.h"
#include "core/version.h"
#include "datasets/subset.h"
#include "experiments/heatmap_scores.h"
#include "experiments/protocols.h"
#include "experiments/runner_segmentation.h"
#include "experiments/test_films.h"
#include "methods/weights.h"
#include "mlvicx/encoders.h"
#include "results/classification.h"
#include "results/localisation_figures.h"

#include <unistd.h>

#include <chrono>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::int64_t> all_films(const PreparedDataset& dataset) {
    std::vector<std::int64_t> films(static_cast<std::size_t>(dataset.size()));
    for (std::size_t i = 0; i < films.size(); ++i) films[i] = static_cast<std::int64_t>(i);
    return films;
}

LabelSubset labelled_films(const OpenDataset& data, double amount, std::int64_t draw) {
    if (data.subsets.empty()) return label_subset(*data.prepared, amount, static_cast<std::uint64_t>(draw));
    const auto found = data.subsets.find({amount, draw});
    ensure(found != data.subsets.end(), "the imported subsets are checked before the run");
    return found->second.subset;
}

/// Features of all films, from the cache where it has them: every fraction of every seed asks for the same ones.
torch::Tensor features_of(const OpenDataset& data, const EvaluationTask& task) {
    if (!task.features.empty() && fs::exists(task.features)) {
        try {
            const Safetensors file(task.features);
            file.at("features", DType::f32, {data.prepared->size(), -1});
            return to_tensor(file, "features").to(task.device);
        } catch (const UserError&) {
            // Another process may have cleaned up between the two lines, or the file is damaged: it is made again.
        }
    }
    const auto encoder = task.encoder();
    encoder->to(task.device);
    auto features = extract_features(*encoder, data.films, all_films(*data.prepared), task.options.image_size,
                                     task.device, precision_from(task.options.precision, task.device));
    if (!task.features.empty()) save_tensors(task.features, {{"features", features.cpu()}}, {});
    return features;
}

std::vector<float> flat(const torch::Tensor& scores) {
    const auto plain = scores.to(torch::kCPU, torch::kFloat32).contiguous();
    return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

ScoredFilms scored_films(const PreparedDataset& dataset, const std::vector<std::int64_t>& films) {
    auto scored = unlabelled_test_films(dataset, films, dataset.classes());
    for (const auto film : films) {
        const auto row = dataset.labels_of(film);
        scored.labels.insert(scored.labels.end(), row.begin(), row.end());
    }
    return scored;
}

/// Heatmaps of the test films that have boxes, and their figures.
void add_localisation(const OpenDataset& data, const EvaluationTask& task, Encoder& encoder, const LinearHead& head,
                      CellResult& result) {
    const auto boxed = boxed_films(*data.prepared);
    if (boxed.films.empty()) return;
    const auto& options = task.options;
    const auto maps =
        heatmaps(encoder, head, data.films, boxed.films, boxed.classes, options.heatmaps.layer, options.image_size,
                 task.device, evaluation_precision(task.protocol, options, task.device));
    result.film_metrics.push_back(score_heatmaps(*data.prepared, boxed, maps, options.heatmaps.tolerance));
    const auto tables = localisation_tables(result.film_metrics.back());
    result.test.insert(result.test.end(), tables.begin(), tables.end());
    result.details["heatmaps"] = {{"pixels", maps.size(2)}, {"without_heat", flat_maps(boxed, maps)}};
}

} // namespace

Precision evaluation_precision(const std::string& protocol, const PlanEvaluation& options,
                               const torch::Device& device) {
    const bool frozen = on_frozen_features(protocol);
    return precision_from(frozen ? options.precision : options.training(protocol).precision, device);
}

CellResult evaluate_encoder(const OpenDataset& data, const EvaluationTask& task) {
    const auto start = std::chrono::steady_clock::now();
    const PreparedDataset& dataset = *data.prepared;
    const LabelSubset subset = labelled_films(data, task.amount, task.draw);
    if (is_segmentation(task.protocol)) {
        CellResult result = segment_dataset(data, task, subset);
        result.seconds = seconds_since(start);
        return result;
    }
    EvaluationData split;
    split.films = data.films;
    split.labels = data.labels;
    split.classes = dataset.classes();
    split.train = subset.films;
    split.validation = dataset.films_of(Split::validation);
    split.test = dataset.films_of(Split::test);
    split.image_size = task.options.image_size;
    split.precision = evaluation_precision(task.protocol, task.options, task.device);

    EvaluationOutcome outcome;
    std::shared_ptr<Encoder> encoder;
    const auto load = [&] {
        encoder = task.encoder();
        encoder->to(task.device);
    };
    if (task.protocol == "frozen") {
        outcome = evaluate_frozen(features_of(data, task), split, task.options.frozen);
    } else if (task.protocol == "knn") {
        outcome = evaluate_knn(features_of(data, task), split, task.options.knn);
    } else {
        load();
        outcome = evaluate_finetuned(*encoder, split, task.options.training(task.protocol),
                                     static_cast<std::uint64_t>(task.seed), task.device);
    }

    CellResult result;
    result.dataset_fingerprint = data.fingerprint();
    result.train_films = static_cast<std::int64_t>(subset.films.size());
    result.details = outcome.details;
    result.details["train_patients"] = subset.patients;
    json::object positives;
    for (std::size_t c = 0; c < split.classes.size(); ++c) positives[split.classes[c]] = subset.positives[c];
    result.details["train_positives"] = positives;
    result.curves = outcome.curves;
    result.scores = flat(outcome.test_scores);
    result.validation = {auc_of(outcome.validation_scores, rows_of(data.labels, split.validation), split.classes)};
    result.scored = scored_films(dataset, split.test);
    result.leakage = data.leakage;
    result.test = classification_tables(result.scores, result.scored->labels, split.classes);
    if (has_linear_head(task.protocol) && (task.options.heatmaps.on || task.inspect)) {
        if (!encoder) load(); // frozen features may have come from the cache
        encoder->eval();
        if (task.options.heatmaps.on) add_localisation(data, task, *encoder, outcome.head, result);
        if (task.inspect) task.inspect(*encoder, outcome.head);
    }
    result.seconds = seconds_since(start);
    return result;
}

std::shared_ptr<Encoder> encoder_for_evaluation(const fs::path& file, const std::string& features) {
    auto encoder = load_encoder(file);
    return features == "backbone" ? backbone_of(*encoder) : encoder;
}

std::shared_ptr<Encoder> encoder_from_weights(const std::string& name, const fs::path& file) {
    auto encoder = make_encoder(name);
    load_encoder_weights(*encoder, file);
    return encoder;
}

Provenance provenance_of(const torch::Device& device) {
    char host[256] = "unknown";
    ::gethostname(host, sizeof host - 1);
    return {git_commit, suite_version, TORCH_VERSION, describe_device(device), host};
}

} // namespace mlvicx
