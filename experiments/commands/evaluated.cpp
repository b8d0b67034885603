#include "experiments/commands/evaluated.h"

#include "core/error.h"
#include "core/progress.h"
#include "experiments/evaluation/metadata_features.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/single_steps.h"

#include <fmt/ranges.h>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// The name of the evaluation's row in tables.
std::string label_of(const EvaluateOptions& given) {
    const MethodEntry& method = method_of(given);
    if (given.label.empty())
        return method.name == given.encoder ? given.encoder : fs::path(given.subject()).stem().string();
    for (const auto& entry : method_table())
        if (entry.name == given.label && &entry != &method && (entry.is_check() || entry.name == "random"))
            user_error("--label {} is reserved for the control of this name; {} needs another label", given.label,
                       given.subject());
    return given.label;
}

Evaluand of_encoder(const Subject& subject, std::int64_t seed) {
    if (subject.file.empty()) return {random_encoder_id(subject.network, seed), {{"random", true}}, subject.network};
    const auto& metadata = subject.metadata;
    const auto health = metadata.find("health");
    if (health != metadata.end() && health->second != "healthy")
        say("{}: the verdict on its pre-training is \"{}\"", subject.file.string(), health->second);
    const bool ours = metadata.contains("hash") && metadata.contains("method");
    return {ours ? metadata.at("hash") : weights_encoder_id(subject.network, subject.file),
            source_of_encoder(subject.file), subject.network};
}

/// The digest of the label subset if it is imported.
std::string subset_digest(const PlanEvaluation& options, const JobKey& key, const OpenDataset& data) {
    if (data.subsets.empty()) return {};
    const auto found = data.subsets.find({key.fraction, drawn_by(key)});
    if (found == data.subsets.end() && key.fraction == 1 && !options.subset_lists.empty()) return {};
    if (found == data.subsets.end())
        user_error("{}: has no subset of {} with seed {} for {}",
                   options.subsets.empty() ? "--set: $.subsets" : options.subsets, fraction_text(key.fraction),
                   drawn_by(key), data.prepared->file().string());
    return found->second.digest;
}

} // namespace

const MethodEntry& method_of(const EvaluateOptions& given) {
    if (!given.features.empty()) return method_entry("features", "--features");
    for (const auto& entry : method_table())
        if (entry.name == given.encoder && (entry.is_check() || entry.name == "random")) return entry;
    return method_entry("weights", "--encoder");
}

Evaluand evaluand_for(const EvaluateOptions& given, const OpenDataset& data, EvaluationJob& job) {
    const MethodEntry& method = method_of(given);
    if (!has_protocol(method, given.protocol)) {
        std::vector<std::string> possible;
        for (const auto& name : protocol_names())
            if (has_protocol(method, name)) possible.push_back(name);
        user_error("--protocol {} is not possible for {}; expected {}", given.protocol,
                   method.is_check() ? "the control " + method.name : "features, which have no network",
                   fmt::join(possible, " or "));
    }
    if (method.evaluated == Evaluated::features) {
        const FeatureFile file(given.features);
        auto rows = file.rows_of(*data.prepared);
        if (rows.extra > 0)
            say("{}: {} of its {} rows are of images that {} does not have", given.features.string(), rows.extra,
                file.images(), given.data.string());
        job.given = std::move(rows.features);
        return {features_encoder_id(file.digest()), source_of_features(given.features), method.name};
    }
    if (method.evaluated == Evaluated::metadata) {
        const auto& attributes = data.prepared->attributes();
        job.given = metadata_features(attributes, data.train, given.data.string());
        return {features_encoder_id(digest_of(attributes)), source_of_check(method), method.name};
    }
    job.shuffled = method.evaluated == Evaluated::shuffled;
    const Subject subject = subject_of(job.shuffled ? "random" : given.encoder, given, job);
    job.encoder = subject.encoder;
    Evaluand evaluand = of_encoder(subject, given.seed);
    if (method.is_check()) evaluand.source = source_of_check(method);
    return evaluand;
}

JobKey key_of(const EvaluateOptions& given, const EvaluationJob& job, const OpenDataset& data,
              const Evaluand& evaluand) {
    const MethodEntry& method = method_of(given);
    JobKey key;
    key.kind = "evaluate";
    key.method = label_of(given);
    key.dataset = data.prepared->dataset();
    key.protocol = given.protocol;
    key.fraction = given.fraction;
    key.seed = given.seed;
    key.control = method.name == "random";
    if (given.fraction != 1 || !job.options.subsets.empty())
        key.draw = given.draw; // all images: every draw is the same
    EvaluationInputs inputs{evaluand.network, evaluand.id, data.fingerprint(), subset_digest(job.options, key, data)};
    if (method.is_check()) inputs.control = method.name;
    if (job.given) inputs.given = job.given->precision;
    key.config = evaluate_config(job.options, key, inputs, job.device);
    key.hash = hash_of(key.config);
    return key;
}

} // namespace mlvicx
