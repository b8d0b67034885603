#include "experiments/runner/job_work.h"

#include "experiments/evaluation/evaluation.h"
#include "experiments/plan_controls.h"
#include "experiments/runner/single_steps.h"
#include "experiments/runner/training.h"

namespace mlvicx {

namespace fs = std::filesystem;

JobWork::JobWork(const Plan& plan, const std::map<std::string, OpenDataset>& datasets, const torch::Device& device,
                 const Artifacts& artifacts, TensorBoard& board)
    : plan_(plan), datasets_(datasets), device_(device), artifacts_(artifacts), board_(board) {}

JobResult JobWork::train(const Job& job) const {
    const PlanMethod& method = plan_.methods[job.method];
    TrainingJob training;
    training.entry = method.entry;
    training.own = method.own;
    training.options = method.pretrain;
    training.options.seed = job.key.seed;
    training.backbone = method.encoder;
    training.title = job_text(job.key);
    training.config = job.key.config;
    training.hash = job.key.hash;
    training.checkpoint = artifacts_.checkpoint(job.key.hash);
    training.encoder_file = artifacts_.encoder(job.key.hash);
    training.live_curves = artifacts_.live_curves(job.key.hash);
    training.device = device_;
    training.on_epoch = [&](const auto& epoch) { board_.add(job.key, epoch); };
    return train_encoder(PretrainingData(plan_, datasets_), training);
}

/// The dataset with the labelled images.
const std::string& JobWork::trained_on(const Job& job) const {
    return job.external ? plan_.external[*job.external].from : job.key.dataset;
}

JobResult JobWork::evaluate(const Job& job) {
    const PlanMethod& method = plan_.methods[job.method];
    const OpenDataset& data = datasets_.at(trained_on(job));
    EvaluationJob evaluation;
    evaluation.protocol = &protocol_entry(job.key.protocol);
    evaluation.fraction = job.key.fraction;
    evaluation.seed = job.key.seed;
    evaluation.draw = drawn_by(job.key);
    evaluation.options = plan_.evaluation_of(method);
    if (!job.features.empty()) evaluation.features = artifacts_.features(job.features);
    evaluation.pictures =
        job.key.seed == plan_.seeds.front() && plan_.evaluate.draws_pictures(job.key.fraction, job.key.draw);
    evaluation.device = device_;
    evaluation.on_epoch = [&](const auto& epoch) { board_.add(job.key, epoch); };
    evaluation.encoder = [&]() -> std::shared_ptr<Encoder> {
        if (method.entry->trains) return encoder_for_evaluation(artifacts_.encoder(job.encoder_id), method.features);
        if (method.own.weights.file.empty()) return initial_encoder(method.encoder, job.key.seed);
        return encoder_from_weights(method.encoder, method.own.weights.file);
    };
    evaluation.given = given(job, trained_on(job));
    evaluation.shuffled = method.entry->evaluated == Evaluated::shuffled;
    if (job.external) evaluation.external = external_of(job);
    JobResult result = evaluate_encoder(data, evaluation);
    result.details["weights"] = source_of(job);
    if (!result.leakage) result.details["audited"] = false;
    if (result.leakage && !method.entry->trains) { // controls saw nothing; external weights and features: unknown
        result.leakage->in_pretraining.reset();
        const bool external = !method.own.weights.file.empty() || method.entry->evaluated == Evaluated::features;
        if (!external) result.leakage->in_pretraining = 0;
    }
    return result;
}

/// What a method without a network looks at; read once for all jobs of the method that follow each other.
const std::optional<GivenFeatures>& JobWork::given(const Job& job, const std::string& dataset) {
    if (given_method_ != job.method) given_.clear(); // as large as the images' features of one encoder
    given_method_ = job.method;
    auto found = given_.find(dataset);
    if (found == given_.end()) {
        const auto& images = *datasets_.at(dataset).prepared;
        found = given_.emplace(dataset, given_features(plan_.methods[job.method], dataset, images)).first;
    }
    return found->second;
}

/// What an external test looks at.
ExternalImages JobWork::external_of(const Job& job) {
    const auto& test = plan_.external[*job.external];
    const OpenDataset &source = datasets_.at(test.from), &target = datasets_.at(test.to);
    ExternalImages external = external_images(test, source, target, plan_.where_external(*job.external));
    external.given = given(job, test.to);
    if (!job.target_features.empty()) external.features = artifacts_.features(job.target_features);
    if (const auto found = source.external_leakage.find(test.to); found != source.external_leakage.end())
        external.leakage = found->second;
    return external;
}

/// The details' entry about the encoder; reads each file once.
json::object JobWork::source_of(const Job& job) {
    const PlanMethod& method = plan_.methods[job.method];
    if (method.entry->is_check()) return source_of_check(*method.entry);
    const bool features = method.entry->evaluated == Evaluated::features;
    const fs::path file = method.entry->trains ? artifacts_.encoder(job.encoder_id)
                          : features           ? fs::path(method.own.features.files.at(trained_on(job)))
                                               : fs::path(method.own.weights.file);
    if (file.empty()) return {{"random", true}};
    if (!sources_.contains(file)) sources_[file] = features ? source_of_features(file) : source_of_encoder(file);
    return sources_.at(file);
}

} // namespace mlvicx
