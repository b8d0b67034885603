#include "experiments/runner/single_steps.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/safetensors.h"
#include "experiments/evaluation/foreign_features.h"
#include "experiments/protocol_table.h"
#include "experiments/runner/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace {

constexpr const char* experiment = "single steps";

std::string text_at(const json::object& source, const char* key) {
    const auto* value = source.if_contains(key);
    return value && value->is_string() ? json::value_to<std::string>(*value) : "";
}

/// "enc/a.safetensors (digest 4d7a04ff0d1c)".
std::string encoder_text(const json::object& source) {
    const auto file = text_at(source, "file");
    if (const auto control = text_at(source, "control"); !control.empty()) return "the control " + control;
    if (file.empty()) return source.contains("random") ? "a random encoder" : "an encoder of an earlier release";
    return fmt::format("{} (digest {})", file, text_at(source, "digest").substr(0, 12));
}

/// Whether two encoders are, as far as is known, seeds of the same method.
bool belong_together(const json::object& a, const json::object& b, bool chosen) {
    if (a.contains("random") || b.contains("random")) return a.contains("random") && b.contains("random");
    const auto first = text_at(a, "settings"), second = text_at(b, "settings");
    return first.empty() || second.empty() ? chosen : first == second;
}

/// The first key in which two evaluations of one row differ and that no seed explains; empty if there is none.
std::string different_option(const JobKey& a, const JobKey& b) {
    const bool same_draw = a.seed == b.seed && a.draw == b.draw;
    for (const auto& item : a.config) {
        const std::string key(item.key());
        if (key == "weights" || key == "seed" || key == "draw" || (key == "subset" && !same_draw)) continue;
        const auto* other = b.config.if_contains(key);
        if (!other || *other != item.value()) return key;
    }
    for (const auto& item : b.config)
        if (!a.config.contains(item.key()) && item.key() != "draw" && (item.key() != "subset" || same_draw))
            return std::string(item.key());
    return "";
}

void require_one_row(const std::string& name, const JobKey& key, const json::object& source, const StoredJob& other,
                     bool chosen) {
    if (other.key.config.at("weights") != key.config.at("weights")) {
        if (other.key.seed == key.seed)
            user_error(
                "{}: the label \"{}\" with seed {} already belongs to {}; {} is another encoder, so give it another "
                "--label (or another --seed if both are seeds of one method)",
                name, key.method, key.seed, encoder_text(other.weights), encoder_text(source));
        if (!other.weights.empty() && !belong_together(source, other.weights, chosen))
            user_error("{}: the label \"{}\" already belongs to {}; {} is not another seed of it, so give it another "
                       "--label",
                       name, key.method, encoder_text(other.weights), encoder_text(source));
    }
    if (other.key.dataset != key.dataset || other.key.protocol != key.protocol || other.key.fraction != key.fraction)
        return;
    if (const auto option = different_option(key, other.key); !option.empty())
        user_error(
            "{}: holds {} with another \"{}\" than this evaluation, so one row would be a mean over both; give it "
            "another --label, or another results file",
            name, job_text(other.key), option);
}

} // namespace

json::object source_of_encoder(const std::filesystem::path& file) {
    const Safetensors weights(file);
    const auto& metadata = weights.metadata();
    const auto entry = [&](const char* key) {
        const auto found = metadata.find(key);
        return found == metadata.end() ? std::string() : found->second;
    };
    json::object source;
    source["file"] = file.string();
    source["digest"] = metadata.contains(digest_key) ? metadata.at(digest_key) : digest_of(weights.tensors());
    boost::system::error_code failed;
    const json::value config = json::parse(entry("config"), failed);
    if (entry("hash").empty() || entry("method").empty() || failed || !config.is_object()) return source;
    source["method"] = entry("method");
    source["dataset"] = entry("dataset");
    json::object made = config.get_object();
    if (const auto* seed = made.if_contains("seed")) source["seed"] = *seed;
    if (const auto* training = made.if_contains("training"); training && training->is_object())
        if (const auto* epochs = training->get_object().if_contains("epochs")) source["epochs"] = *epochs;
    made.erase("seed");
    source["settings"] = hash_of(made);
    return source;
}

json::object source_of_features(const std::filesystem::path& file) {
    const FeatureFile features(file);
    json::object source{{"file", file.string()}, {"digest", features.digest()}};
    if (!features.model().empty()) source["method"] = features.model();
    return source;
}

json::object source_of_check(const MethodEntry& control) {
    ensure(control.is_check(), "another method is described by its encoder");
    const char* made = control.evaluated == Evaluated::metadata ? "logistic regression on sex, age and view"
                                                                : "initial weights, permuted labels";
    return {{"control", control.name}, {"method", made}, {"settings", "control " + control.name}};
}

void register_single_step(Store& store, const JobKey& key, const json::object& source, bool chosen) {
    std::vector<JobKey> jobs;
    for (const auto& other : store.jobs_of(experiment)) {
        if (other.key.hash == key.hash) continue;
        if (other.key.method == key.method) require_one_row(store.db().file().string(), key, source, other, chosen);
        jobs.push_back(other.key);
    }
    jobs.push_back(key);
    json::object plan;
    plan["name"] = experiment;
    plan["about"] = "evaluations by mlvicx-bench evaluate";
    store.describe_protocols(protocol_descriptions());
    store.add_experiment(experiment, plan, jobs);
}

} // namespace mlvicx
