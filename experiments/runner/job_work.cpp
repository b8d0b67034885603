#include "experiments/runner/job_work.h"

#include "core/error.h"
#include "core/safetensors.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/plan_controls.h"
#include "experiments/runner/single_steps.h"

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Images are read from their file while a job works. If it has changed since it was opened, what the job `made` comes
/// from other images, and is removed.
void require_unchanged(const OpenDataset& data, const std::vector<fs::path>& made = {}) {
    try {
        verify_content(data);
    } catch (const UserError&) {
        std::error_code ignored;
        for (const auto& file : made) fs::remove(file, ignored);
        throw;
    }
}

/// Throws UserError if the file is not as the pre-training of this hash left it.
void require_encoder_of(const std::string& hash, const fs::path& file) {
    const Safetensors encoder(file);
    const auto found = encoder.metadata().find("hash");
    if (found == encoder.metadata().end() || found->second != hash)
        user_error("{}: is the encoder of {}, expected that of job {}; without the file, run --retry-failed trains it "
                   "again",
                   file.string(), found == encoder.metadata().end() ? "no job" : "job " + found->second, hash);
    verify_digest(encoder);
}

} // namespace

JobWork::JobWork(const Plan& plan, const std::map<std::string, OpenDataset>& datasets, const torch::Device& device,
                 const Artifacts& artifacts, TensorBoard& board, const RunOptions& options)
    : plan_(plan), datasets_(datasets), device_(device), artifacts_(artifacts), board_(board),
      save_every_(options.save_every), world_(options.world) {}

JobResult JobWork::train(const Job& job) const {
    const auto [data, training] = shared(job);
    for (const auto* dataset : data.datasets()) require_unchanged(*dataset);
    JobResult result = train_encoder(data, training);
    for (const auto* dataset : data.datasets())
        require_unchanged(*dataset, {training.checkpoint, training.encoder_file});
    return result;
}

SharedJob JobWork::shared(const Job& job) const {
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
    training.world = world_;
    training.on_epoch = [&](const auto& epoch) { board_.add(job.key, epoch); };
    return {PretrainingData(plan_, datasets_), std::move(training)};
}

/// The dataset with the labelled images.
const std::string& JobWork::trained_on(const Job& job) const {
    return job.external ? plan_.external[*job.external].from : job.key.dataset;
}

JobResult JobWork::evaluate(const Job& job) {
    const PlanMethod& method = plan_.methods[job.method];
    const OpenDataset& data = datasets_.at(trained_on(job));
    require_unchanged(data);
    if (method.entry->trains) require_encoder_of(job.encoder_id, artifacts_.encoder(job.encoder_id));
    EvaluationJob evaluation;
    evaluation.protocol = &protocol_entry(job.key.protocol);
    evaluation.fraction = job.key.fraction;
    evaluation.seed = job.key.seed;
    evaluation.draw = drawn_by(job.key);
    evaluation.options = plan_.evaluation_of(method);
    if (!job.features.empty()) evaluation.features = artifacts_.features(job.features);
    evaluation.saving = {artifacts_.checkpoint(job.key.hash), job.key.hash, save_every_};
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
    std::vector<fs::path> made;
    for (const auto& id : job.cached()) made.push_back(artifacts_.features(id));
    require_unchanged(data, made);
    if (job.external) require_unchanged(datasets_.at(plan_.external[*job.external].to), made);
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
