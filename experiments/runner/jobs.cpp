#include "experiments/runner/jobs.h"

#include "core/error.h"
#include "core/stored_names.h"

#include <set>

namespace mlvicx {

namespace {

/// The datasets whose test images pre-training leaves out, for its configuration.
json::array left_out(const Plan& plan, const JobInputs& inputs) {
    std::set<std::string> fingerprints;
    for (const auto& dataset : plan.evaluate.datasets) fingerprints.insert(inputs.fingerprints.at(dataset));
    return json::array(fingerprints.begin(), fingerprints.end());
}

std::string subset_digest(const Plan& plan, const JobInputs& inputs, const JobKey& key) {
    const bool lists = !plan.evaluate.subset_lists.empty();
    if (plan.evaluate.subsets.empty() && !lists) return {};
    const auto dataset = inputs.subsets.find(key.dataset);
    if (dataset == inputs.subsets.end()) return "not prepared yet";
    const auto found = dataset->second.find({key.fraction, drawn_by(key)});
    if (found == dataset->second.end() && lists && key.fraction == 1) return {}; // all images need no list
    if (found == dataset->second.end())
        user_error("{}: $.evaluate.subsets: {} has no subset of {} with seed {} for dataset \"{}\"", plan.file.string(),
                   plan.evaluate.subsets, fraction_text(key.fraction), drawn_by(key), key.dataset);
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
    return method.features == "backbone" ? method.encoder : method.entry->encoder(method.encoder);
}

Jobs expand_jobs(const Plan& plan, const JobInputs& inputs) {
    Jobs jobs;
    std::map<std::string, std::size_t> pretrained; // entries that differ only in their evaluation share one encoder
    // Seeds are the outer loop, so that a table that compares all methods is available early.
    for (const auto seed : plan.seeds)
        for (std::size_t i = 0; i < plan.methods.size(); ++i) {
            const PlanMethod& method = plan.methods[i];
            std::optional<std::size_t> pretrain;
            std::string encoder_id;
            bool initial = false;
            if (method.entry->trains) {
                Job job;
                job.method = i;
                auto& key = job.key;
                key.kind = "pretrain";
                key.method = method.label;
                key.dataset = plan.pretrain_dataset;
                key.seed = seed;
                PretrainOptions options = method.pretrain;
                options.seed = seed;
                key.config = pretrain_config(*method.entry, method.own, options, method.encoder,
                                             inputs.fingerprints.at(plan.pretrain_dataset), inputs.device);
                if (plan.exclude_overlap) key.config[stored::without_test_images_of] = left_out(plan, inputs);
                key.hash = encoder_id = hash_of(key.config);
                const auto [known, is_new] = pretrained.emplace(encoder_id, jobs.pretrain.size());
                pretrain = known->second;
                if (is_new) jobs.pretrain.push_back(std::move(job));
            } else if (const auto& file = method.own.weights.file; !file.empty()) {
                const bool missing = inputs.without_weights && !std::filesystem::exists(file);
                encoder_id = missing ? "missing: " + method.encoder + " " + file
                                     : weights_encoder_id(method.encoder, file);
            } else {
                encoder_id = random_encoder_id(method.encoder, seed);
                initial = true;
            }
            for (const auto& dataset : plan.evaluate.datasets)
                for (const auto& protocol : plan.evaluate.protocols)
                    for (const double fraction : plan.evaluate.fractions)
                        for (const auto draw : plan.evaluate.draws_of(fraction)) {
                            if (!plan.evaluate.takes(protocol, dataset)) continue;
                            Job job;
                            job.method = i;
                            job.pretrain = pretrain;
                            job.encoder_id = encoder_id;
                            auto& key = job.key;
                            key.kind = "evaluate";
                            key.method = method.label;
                            key.dataset = dataset;
                            key.protocol = protocol;
                            key.fraction = fraction;
                            key.seed = seed;
                            key.draw = draw;
                            key.control = initial;
                            key.config =
                                evaluate_config(plan.evaluation_of(method), key,
                                                {evaluated_encoder(method), encoder_id, inputs.fingerprints.at(dataset),
                                                 subset_digest(plan, inputs, key)},
                                                inputs.device);
                            key.hash = hash_of(key.config);
                            job.features = feature_id(key.config);
                            jobs.evaluate.push_back(std::move(job));
                        }
        }
    require_distinct(plan, jobs.evaluate);
    return jobs;
}

std::string fraction_text(double fraction) {
    return fraction > 1 ? fmt::format("{:g} images", fraction) : fmt::format("{:g} %", 100 * fraction);
}

std::string job_text(const JobKey& key) {
    if (key.kind == "pretrain") return fmt::format("{} seed {}", key.method, key.seed);
    const std::string draw = key.draw ? fmt::format(" draw {}", *key.draw) : "";
    return fmt::format("{} seed {}{}, {}, {} of {}", key.method, key.seed, draw, key.protocol,
                       fraction_text(key.fraction), key.dataset);
}

} // namespace mlvicx
