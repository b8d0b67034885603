#include "experiments/runner/job_identity.h"

#include "core/files.h"
#include "core/hash.h"
#include "core/version.h"

namespace mlvicx {

std::string hash_of(const json::object& config) {
    return sha256(canonical(config)).substr(0, 32);
}

namespace {

std::string precision_name(const std::string& text, const torch::Device& device) {
    return name_of(precision_from(text, device));
}

json::object begin_config(const char* kind, const std::string& encoder) {
    json::object config;
    config["kind"] = kind;
    config["result_version"] = result_version;
    config["encoder"] = encoder;
    return config;
}

} // namespace

json::object pretrain_config(const MethodEntry& entry, MethodOptions own, PretrainOptions options,
                             const std::string& backbone, const std::string& fingerprint, const torch::Device& device) {
    options.precision = precision_name(options.precision, device);
    json::object config = begin_config("pretrain", entry.encoder(backbone, own));
    config["method"] = entry.name;
    config["options"] = resolved([&](Fields& f) { entry.fields(f, own); });
    config["training"] = resolved([&](Fields& f) { fields(f, options); });
    for (const char* key : {"checkpoint_every", "probe_every"}) // they do not change the weights
        config["training"].get_object().erase(key);
    config["dataset"] = fingerprint;
    config["seed"] = options.seed;
    return config;
}

std::int64_t drawn_by(const JobKey& key) {
    return key.draw.value_or(key.seed);
}

std::string random_encoder_id(const std::string& encoder, std::int64_t seed) {
    json::object config = begin_config("random", encoder);
    config["seed"] = seed;
    return hash_of(config);
}

std::string weights_encoder_id(const std::string& encoder, const std::filesystem::path& file) {
    json::object config = begin_config("weights", encoder);
    config["content"] = Sha256().add(MappedFile(file).bytes()).hex();
    return hash_of(config);
}

std::string features_encoder_id(const std::string& digest) {
    json::object config = begin_config("features", {});
    config["content"] = digest;
    return hash_of(config);
}

json::object evaluate_config(PlanEvaluation options, const JobKey& key, const EvaluationInputs& inputs,
                             const torch::Device& device) {
    const ProtocolEntry& entry = protocol_entry(key.protocol);
    json::object config = begin_config("evaluate", inputs.encoder);
    config["weights"] = inputs.encoder_id;
    config["dataset"] = inputs.fingerprint;
    config["protocol"] = key.protocol;
    config["fraction"] = key.fraction;
    config["seed"] = key.seed;
    if (!inputs.given) config["image_size"] = options.image_size;
    if (!inputs.control.empty()) config["control"] = inputs.control;
    if (!inputs.external.empty()) config["external"] = inputs.external;
    if (key.draw) config["draw"] = *key.draw;
    if (!inputs.subset.empty()) config["subset"] = inputs.subset;
    if (!options.classes.empty() && !entry.procedure.is_segmentation())
        config["classes"] = json::value_from(options.classes);
    if (options.selection != PlanEvaluation().selection) config["selection"] = options.selection;
    const bool network = !inputs.given && inputs.external.empty() && inputs.control.empty();
    if (options.heatmaps.on && entry.procedure.linear_head && network)
        config["heatmaps"] = resolved([&](Fields& f) { fields(f, options.heatmaps); });
    if (entry.procedure.on_features())
        config["precision"] = inputs.given ? name_of(*inputs.given) : precision_name(options.precision, device);
    for (const auto& item : entry.procedure.identity(options.protocol_options.at(entry.key), device))
        config[item.key()] = item.value();
    return config;
}

std::string feature_id(const json::object& config, const std::string& fingerprint) {
    const auto protocol = json::value_to<std::string>(config.at("protocol"));
    if (!protocol_entry(protocol).procedure.on_features() || !config.contains("image_size")) return {};
    json::object id;
    for (const char* key : {"result_version", "weights", "encoder", "dataset", "image_size", "precision"})
        id[key] = config.at(key);
    if (!fingerprint.empty()) id["dataset"] = fingerprint;
    return hash_of(id);
}

} // namespace mlvicx
