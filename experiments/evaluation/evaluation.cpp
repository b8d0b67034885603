#include "experiments/evaluation/evaluation.h"

#include "core/error.h"
#include "core/process.h"
#include "core/progress.h"
#include "core/random.h"
#include "core/version.h"
#include "experiments/encoder_table.h"
#include "experiments/evaluation/heatmap_places.h"
#include "methods/weights.h"
#include "results/report/stamps.h"

#include <chrono>
#include <numeric>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

LabelSubset labelled_images(const OpenDataset& data, double fraction, std::int64_t draw) {
    if (data.subsets.empty()) return label_subset(*data.prepared, fraction, static_cast<std::uint64_t>(draw));
    const auto found = data.subsets.find({fraction, draw});
    if (found == data.subsets.end() && fraction == 1) // lists need not list all images
        return label_subset(*data.prepared, fraction, static_cast<std::uint64_t>(draw));
    ensure(found != data.subsets.end(), "the imported subsets are checked before the run");
    return found->second.subset;
}

/// Permutes each class's labels among `images`. Each class has its own order, so that the mean over classes is a mean
/// over that many permutations.
void shuffle_labels(torch::Tensor& labels, const std::vector<std::int64_t>& images, std::int64_t seed, Split split) {
    for (std::int64_t c = 0; c < labels.size(1); ++c) {
        // The view keeps these numbers apart from those that draw the label subset.
        Random random(static_cast<std::uint64_t>(seed), Purpose::subset, static_cast<std::uint32_t>(c),
                      static_cast<std::uint32_t>(split), 1);
        auto order = images;
        shuffle(order, random);
        auto column = labels.select(1, c);
        const auto permuted = column.index_select(0, torch::tensor(order, torch::kInt64));
        column.index_copy_(0, torch::tensor(images, torch::kInt64), permuted);
    }
}

/// The dataset with only the labelled images to train on, and with the images to choose by and to test.
OpenDataset data_of(OpenDataset data, const EvaluationJob& job, const LabelSubset& labelled) {
    data.train = labelled.images;
    if (job.shuffled) {
        data.labels = data.labels.clone();
        shuffle_labels(data.labels, data.train, job.seed, Split::train);
        shuffle_labels(data.labels, data.validation, job.seed, Split::validation);
    }
    if (job.options.selects_on_test()) {
        data.validation = data.test;
        data.chosen_on = name_of(Split::test);
    }
    if (job.external) {
        const auto own = data.labels.size(0);
        data.labels = torch::cat({data.labels, labels_in_source(*job.external, data.labels.size(1))});
        data.test.resize(job.external->images.size());
        std::iota(data.test.begin(), data.test.end(), own);
    }
    return data;
}

/// What every figure of an evaluation has to say of itself (results/report/stamps.h).
json::array stamps_of(const OpenDataset& data, const PlanEvaluation& options) {
    json::array stamps;
    if (options.selects_on_test()) stamps.emplace_back(stamp::test_as_published);
    if (data.prepared->provenance().contains("shared_patients")) stamps.emplace_back(stamp::shared_patients);
    return stamps;
}

} // namespace

JobResult evaluate_encoder(const OpenDataset& data, const EvaluationJob& job) {
    const auto start = std::chrono::steady_clock::now();
    ensure(job.protocol->procedure.on_features() || (!job.given && !job.external),
           "only protocols on features have given features and external images");
    if (job.options.heatmaps.on && job.protocol->procedure.linear_head && job.encoder && !job.given)
        require_places(job.options.image_size, job.options.heatmaps.layer, job.protocol->name);
    Evaluation evaluation(data, job);
    JobResult result = job.protocol->procedure.evaluate(evaluation, job.options.protocol_options.at(job.protocol->key));
    result.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

Evaluation::Evaluation(const OpenDataset& dataset, const EvaluationJob& of)
    : job(of), labelled(labelled_images(dataset, of.fraction, of.draw)), data(data_of(dataset, of, labelled)) {}

Encoder& Evaluation::encoder() {
    if (!encoder_) {
        encoder_ = job.encoder();
        encoder_->to(job.device);
        encoder_->eval();
    }
    return *encoder_;
}

torch::Tensor Evaluation::features() {
    auto features = features_of(data, job.features, job.given);
    if (!job.external) return features;
    const auto& external = *job.external;
    return torch::cat(
        {features, rows_of(features_of(*external.target, external.features, external.given), external.images)});
}

torch::Tensor Evaluation::features_of(const OpenDataset& dataset, const fs::path& cache,
                                      const std::optional<GivenFeatures>& given) {
    if (given) return given->rows.to(job.device);
    const std::string identity = cache.stem().string();
    if (!cache.empty() && fs::exists(cache)) {
        try {
            const Safetensors file(cache);
            if (file.meta("identity") != identity)
                user_error("{}: holds other features, {}", cache.string(), file.meta("identity"));
            verify_digest(file);
            file.at("features", DType::f32, {dataset.prepared->size(), -1});
            return to_tensor(file, "features").to(job.device);
        } catch (const UserError& error) {
            if (fs::exists(cache)) // else another process has removed it in the meantime
                say("{}; computing the features again", error.what());
        }
    }
    std::vector<std::int64_t> all(static_cast<std::size_t>(dataset.prepared->size()));
    std::iota(all.begin(), all.end(), 0);
    const auto how = inference(feature_precision());
    if (cache.empty()) return extract_features(encoder(), dataset.images, all, how);
    const Saving saving{checkpoint_beside(cache), identity_of_features(dataset.fingerprint(), encoder(), how),
                        job.saving.seconds};
    auto features = extract_features(encoder(), dataset.images, all, how, saving);
    const NamedTensors saved{{"features", features.cpu()}};
    save_tensors(cache, saved, {{"identity", identity}, {digest_key, digest_of(saved)}});
    std::error_code ignored;
    fs::remove(saving.file, ignored);
    return features;
}

Inference Evaluation::inference(Precision precision) const {
    return {job.options.image_size, job.device, precision};
}

Precision Evaluation::feature_precision() const {
    if (job.given) return job.given->precision;
    return precision_from(job.options.precision, job.device);
}

SupervisedRun Evaluation::run() const {
    return {static_cast<std::uint64_t>(job.seed), job.options.image_size, job.device, job.on_epoch, job.saving};
}

JobResult Evaluation::begin_result(json::object details, std::vector<CurvePoint> curves) const {
    JobResult result;
    result.dataset_fingerprint = data.fingerprint();
    result.train_images = static_cast<std::int64_t>(labelled.images.size());
    result.details = std::move(details);
    result.details["train_patients"] = labelled.patients;
    if (auto stamps = stamps_of(data, job.options); !stamps.empty()) result.details["stamps"] = std::move(stamps);
    if (const auto* shared = data.prepared->provenance().if_contains("shared_patients"))
        result.details["shared_patients"] = {{"patients", shared->at("count")},
                                             {"test_images", shared->at("test_images")}};
    result.curves = std::move(curves);
    result.leakage = data.leakage;
    if (job.external) {
        result.dataset_fingerprint = job.external->target->fingerprint();
        result.leakage = job.external->leakage;
        json::object classes;
        for (const auto& [source, target] : job.external->classes)
            classes[data.classes[source]] = job.external->target->classes[target];
        result.details["external"] = {{"trained_on", data.fingerprint()}, {"classes", classes}};
    }
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
    return {git_commit, suite_version, TORCH_VERSION, describe_device(device), host_name()};
}

} // namespace mlvicx
