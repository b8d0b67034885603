#include "experiments/evaluation/evaluation.h"

#include "core/error.h"
#include "core/process.h"
#include "core/version.h"
#include "experiments/encoder_table.h"
#include "methods/weights.h"

#include <chrono>
#include <numeric>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

LabelSubset labelled_images(const OpenDataset& data, double fraction, std::int64_t draw) {
    if (data.subsets.empty()) return label_subset(*data.prepared, fraction, static_cast<std::uint64_t>(draw));
    const auto found = data.subsets.find({fraction, draw});
    ensure(found != data.subsets.end(), "the imported subsets are checked before the run");
    return found->second.subset;
}

OpenDataset with_labels(OpenDataset data, const LabelSubset& labelled) {
    data.train = labelled.images;
    return data;
}

} // namespace

JobResult evaluate_encoder(const OpenDataset& data, const EvaluationJob& job) {
    const auto start = std::chrono::steady_clock::now();
    Evaluation evaluation(data, job);
    JobResult result = job.protocol->procedure.evaluate(evaluation, job.options.protocol_options.at(job.protocol->key));
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

Evaluation::Evaluation(const OpenDataset& dataset, const EvaluationJob& of)
    : job(of), labelled(labelled_images(dataset, of.fraction, of.draw)), data(with_labels(dataset, labelled)) {}

Encoder& Evaluation::encoder() {
    if (!encoder_) {
        encoder_ = job.encoder();
        encoder_->to(job.device);
        encoder_->eval();
    }
    return *encoder_;
}

torch::Tensor Evaluation::features() {
    if (!job.features.empty() && fs::exists(job.features)) {
        try {
            const Safetensors file(job.features);
            file.at("features", DType::f32, {data.prepared->size(), -1});
            return to_tensor(file, "features").to(job.device);
        } catch (const UserError&) {
            // Another process may have removed the file in the meantime, or it is damaged: compute the features again.
        }
    }
    std::vector<std::int64_t> all(static_cast<std::size_t>(data.prepared->size()));
    std::iota(all.begin(), all.end(), 0);
    auto features = extract_features(encoder(), data.images, all, inference(feature_precision()));
    if (!job.features.empty()) save_tensors(job.features, {{"features", features.cpu()}}, {});
    return features;
}

Inference Evaluation::inference(Precision precision) const {
    return {job.options.image_size, job.device, precision};
}

Precision Evaluation::feature_precision() const {
    return precision_from(job.options.precision, job.device);
}

SupervisedRun Evaluation::run() const {
    return {static_cast<std::uint64_t>(job.seed), job.options.image_size, job.device, job.on_epoch};
}

JobResult Evaluation::begin_result(json::object details, std::vector<CurvePoint> curves) const {
    JobResult result;
    result.dataset_fingerprint = data.fingerprint();
    result.train_images = static_cast<std::int64_t>(labelled.images.size());
    result.details = std::move(details);
    result.details["train_patients"] = labelled.patients;
    result.curves = std::move(curves);
    result.leakage = data.leakage;
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
