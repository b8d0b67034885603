#include "experiments/runner/jobs.h"

#include "core/error.h"
#include "core/stored_names.h"
#include "experiments/evaluation/foreign_features.h"
#include "experiments/runner/pretraining_data.h"

#include <set>

namespace mlvicx {

namespace {

/// The datasets whose test images pre-training leaves out, for its configuration.
json::array left_out(const Plan& plan, const JobInputs& inputs) {
    std::set<std::string> fingerprints;
    for (const auto& dataset : plan.evaluate.datasets) fingerprints.insert(inputs.fingerprints.at(dataset));
    for (const auto& test : plan.external)
        fingerprints.insert(inputs.fingerprints.at(test.to) + (test.all_images ? " (all images)" : ""));
    return json::array(fingerprints.begin(), fingerprints.end());
}

std::string subset_digest(const Plan& plan, const JobInputs& inputs, const JobKey& key, const std::string& trained_on) {
    const bool lists = !plan.evaluate.subset_lists.empty();
    if (plan.evaluate.subsets.empty() && !lists) return {};
    const auto dataset = inputs.subsets.find(trained_on);
    if (dataset == inputs.subsets.end()) return "not prepared yet";
    const auto found = dataset->second.find({key.fraction, drawn_by(key)});
    if (found == dataset->second.end() && lists && key.fraction == 1) return {}; // all images need no list
    if (found == dataset->second.end())
        user_error("{}: $.evaluate.subsets: {} has no subset of {} with seed {} for dataset \"{}\"", plan.file.string(),
                   plan.evaluate.subsets, fraction_text(key.fraction), drawn_by(key), trained_on);
    return found->second;
}

void require_distinct(const Plan& plan, const std::vector<Job>& jobs) {
    std::map<std::string, const Job*> seen;
    for (const auto& job : jobs) {
        const auto [other, is_new] = seen.emplace(job.key.hash, &job);
        if (!is_new)
            user_error("{}: \"{}\" and \"{}\" differ only in their names", plan.file.string(),
                       job_text(other->second->key), job_text(job.key));
    }
}

} // namespace

std::string evaluated_encoder(const PlanMethod& method) {
    return method.features == "backbone" ? method.encoder : method.entry->encoder(method.encoder, method.own);
}

std::vector<std::string> Job::cached() const {
    std::vector<std::string> ids;
    for (const auto& id : {features, target_features})
        if (!id.empty()) ids.push_back(id);
    return ids;
}

namespace {

/// Where a plan's evaluations are trained and tested: its datasets, then its external tests.
struct Place {
    std::string dataset;                 ///< trained on
    std::optional<std::size_t> external; ///< index into Plan::external
};

/// Features without an encoder.
struct Given {
    Precision precision;
    std::string id;
};

std::vector<Place> places_of(const Plan& plan) {
    std::vector<Place> places;
    for (const auto& dataset : plan.evaluate.datasets) places.push_back({dataset, {}});
    for (std::size_t i = 0; i < plan.external.size(); ++i) places.push_back({plan.external[i].from, i});
    return places;
}

class Expansion {
public:
    Expansion(const Plan& plan, const JobInputs& inputs) : plan_(plan), inputs_(inputs), places_(places_of(plan)) {}

    Jobs jobs() {
        // Seeds are the outer loop, so that a table that compares all methods is available early.
        for (const auto seed : plan_.seeds)
            for (std::size_t i = 0; i < plan_.methods.size(); ++i) {
                const Job common = trained(i, seed);
                for (const auto& place : places_) add_evaluations(common, place);
            }
        return std::move(jobs_);
    }

private:
    /// What all evaluations of a method with one seed have in common. Adds its pre-training.
    Job trained(std::size_t i, std::int64_t seed) {
        const PlanMethod& method = plan_.methods[i];
        Job common;
        common.method = i;
        common.key.method = method.label;
        common.key.seed = seed;
        if (method.entry->trains) {
            Job job = common;
            auto& key = job.key;
            key.kind = "pretrain";
            key.dataset = joined_datasets(plan_.pretrain_datasets);
            PretrainOptions options = method.pretrain;
            options.seed = seed;
            key.config = pretrain_config(*method.entry, method.own, options, method.encoder, pretraining_fingerprint(),
                                         inputs_.device);
            if (plan_.exclude_overlap) key.config[stored::without_test_images_of] = left_out(plan_, inputs_);
            key.hash = common.encoder_id = hash_of(key.config);
            const auto [known, is_new] = pretrained_.emplace(common.encoder_id, jobs_.pretrain.size());
            common.pretrain = known->second;
            if (is_new) jobs_.pretrain.push_back(std::move(job));
        } else if (const auto& file = method.own.weights.file; !file.empty()) {
            common.encoder_id = is_missing(file) ? missing_id(method, file) : weights_encoder_id(method.encoder, file);
        } else {
            common.encoder_id = random_encoder_id(method.encoder, seed);
            common.key.control = method.entry->evaluated == Evaluated::network;
        }
        common.key.kind = "evaluate";
        return common;
    }

    std::string pretraining_fingerprint() const {
        std::vector<std::string> fingerprints;
        for (const auto& name : plan_.pretrain_datasets) fingerprints.push_back(inputs_.fingerprints.at(name));
        require_distinct_datasets(plan_.pretrain_datasets, fingerprints, plan_.file.string() + ": $.pretrain.dataset");
        return joined_datasets(fingerprints);
    }

    void add_evaluations(const Job& common, const Place& place) {
        const PlanMethod& method = plan_.methods[common.method];
        const auto given = given_on(method, place.dataset);
        if (method.entry->evaluated == Evaluated::metadata && (!given || place.external)) return;
        for (const auto& protocol : plan_.evaluate.protocols) {
            if (!plan_.evaluate.takes(protocol, place.dataset) || !has_protocol(*method.entry, protocol)) continue;
            if (place.external && !protocol_entry(protocol).procedure.on_features()) continue;
            for (const double fraction : plan_.evaluate.fractions)
                for (const auto draw : plan_.evaluate.draws_of(fraction)) {
                    Job job = common;
                    job.key.dataset = place.external ? plan_.external[*place.external].name() : place.dataset;
                    job.key.protocol = protocol;
                    job.key.fraction = fraction;
                    job.key.draw = draw;
                    job.external = place.external;
                    finish(job, place, given);
                    jobs_.evaluate.push_back(std::move(job));
                }
        }
    }

    /// Sets what the configuration determines.
    void finish(Job& job, const Place& place, const std::optional<Given>& given) {
        const PlanMethod& method = plan_.methods[job.method];
        EvaluationInputs on{evaluated_encoder(method), job.encoder_id, inputs_.fingerprints.at(place.dataset),
                            subset_digest(plan_, inputs_, job.key, place.dataset)};
        if (given) {
            on.encoder = method.entry->name;
            on.encoder_id = job.encoder_id = given->id;
            on.given = given->precision;
        }
        if (method.entry->is_check()) on.control = method.entry->name;
        std::string target;
        if (place.external) {
            const auto& test = plan_.external[*place.external];
            target = inputs_.fingerprints.at(test.to);
            on.external = external_identity(test, target);
            if (given) on.external["weights"] = given_on(method, test.to)->id;
        }
        job.key.config = evaluate_config(plan_.evaluation_of(method), job.key, on, inputs_.device);
        job.key.hash = hash_of(job.key.config);
        job.features = feature_id(job.key.config);
        if (place.external) job.target_features = feature_id(job.key.config, target);
    }

    /// What a method without a network looks at; nullopt: it has a network, or the dataset has no attributes.
    std::optional<Given> given_on(const PlanMethod& method, const std::string& dataset) {
        if (method.entry->evaluated == Evaluated::metadata) {
            const auto digest = inputs_.attributes.find(dataset);
            if (digest == inputs_.attributes.end()) return std::nullopt;
            return Given{Precision::fp32, features_encoder_id(digest->second)};
        }
        if (method.entry->evaluated != Evaluated::features) return std::nullopt;
        const auto& file = method.own.features.files.at(dataset);
        if (is_missing(file)) return Given{Precision::fp32, missing_id(method, file)};
        if (!files_.contains(file)) {
            const FeatureFile features(file);
            files_.emplace(file, Given{features.precision(), features_encoder_id(features.digest())});
        }
        return files_.at(file);
    }

    bool is_missing(const std::string& file) const { return inputs_.without_weights && !std::filesystem::exists(file); }

    static std::string missing_id(const PlanMethod& method, const std::string& file) {
        return "missing: " + method.encoder + " " + file;
    }

    const Plan& plan_;
    const JobInputs& inputs_;
    const std::vector<Place> places_;
    std::map<std::string, Given> files_;            ///< of features
    std::map<std::string, std::size_t> pretrained_; ///< entries that differ only in their evaluation share one encoder
    Jobs jobs_;
};

} // namespace

Jobs expand_jobs(const Plan& plan, const JobInputs& inputs) {
    Jobs jobs = Expansion(plan, inputs).jobs();
    require_distinct(plan, jobs.pretrain);
    require_distinct(plan, jobs.evaluate);
    return jobs;
}

std::string fraction_text(double fraction) {
    return fraction > 1 ? fmt::format("{:g} images", fraction) : fmt::format("{:g} %", 100 * fraction);
}

std::string job_text(const JobKey& key) {
    if (key.kind == "pretrain") {
        const bool several = key.dataset.find('+') != std::string::npos;
        return fmt::format("{} seed {}{}", key.method, key.seed, several ? " on " + key.dataset : "");
    }
    const std::string draw = key.draw ? fmt::format(" draw {}", *key.draw) : "";
    return fmt::format("{} seed {}{}, {}, {} of {}", key.method, key.seed, draw, key.protocol,
                       fraction_text(key.fraction), key.dataset);
}

} // namespace mlvicx
