#pragma once

#include "experiments/plan.h"
#include "experiments/runner/job_identity.h"
#include "results/store/store.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// One unit of work of a plan.
struct Job {
    JobKey key;
    std::size_t method = 0;              ///< index into Plan::methods; of a shared pre-training, the first of them
    std::optional<std::size_t> pretrain; ///< evaluation of a trained encoder: index into Jobs::pretrain
    std::string encoder_id; ///< evaluation: id of the initial or trained weights; equal ids mean equal encoders
    std::string
        features; ///< protocols on frozen features: the cache entry, shared by all fractions (and by seeds if equal)
    std::optional<std::size_t> external; ///< index into Plan::external; nullopt: tested on the dataset itself
    std::string target_features;         ///< external test: the cache entry of the target's features
    /// Its cache entries, those that it has.
    std::vector<std::string> cached() const;
};

struct Jobs {
    std::vector<Job> pretrain, evaluate;
};

/// The inputs of the hashes: a file counts by its content, not by its name.
struct JobInputs {
    std::map<std::string, std::string> fingerprints; ///< of the plan's datasets, by their names in the plan
    torch::Device device = torch::kCPU;              ///< resolves precision "auto"; is itself not part of any hash
    /// Digests of imported label subsets, by the dataset's name in the plan; used only if the plan imports any.
    std::map<std::string, std::map<std::pair<double, std::int64_t>, std::string>> subsets;
    /// Digests of the datasets' attributes, of those that have any: the control `metadata` is evaluated only on these.
    std::map<std::string, std::string> attributes;
    bool without_weights = false; ///< files of weights may be missing; their jobs then have hashes of no real job
};

/// The plan's jobs. A job's hash covers everything that determines its result: resolved options with the precision that
/// is really used, dataset fingerprint, encoder, seed, protocol, fraction, the hash of the pre-training it depends on,
/// and result_version. Names, labels, paths, devices and how often a checkpoint is written are not part of it. The seed
/// stands for everything random: initial weights, order of images, views, fine-tuning, and the labelled subset unless
/// that has its own draw. Methods that differ only in how they are evaluated share one pre-training. Throws UserError
/// if two methods or datasets of the plan differ only in their names.
Jobs expand_jobs(const Plan& plan, const JobInputs& inputs);

/// The encoder that a method's jobs evaluate: "resnet18", or "resnet18+context" if the context is kept.
std::string evaluated_encoder(const PlanMethod& method);

/// "10 %" for a label fraction, "200 images" for a number.
std::string fraction_text(double fraction);
/// "byol seed 0", "byol seed 0, frozen, 10 % of nih", "byol seed 0 draw 2, frozen, 10 % of nih".
std::string job_text(const JobKey& key);

} // namespace mlvicx
