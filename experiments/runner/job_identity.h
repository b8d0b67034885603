#pragma once

#include "experiments/method_table.h"
#include "experiments/plan_evaluation.h"
#include "results/store/store.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace mlvicx {

// What a plan's jobs and the single steps of the command line share, so that both give one run one hash.

std::string hash_of(const json::object& config);
/// The number that an evaluation's label subset is drawn by.
std::int64_t drawn_by(const JobKey& key);
/// Everything that determines pre-trained weights; `options` with the seed.
json::object pretrain_config(const MethodEntry& entry, MethodOptions own, PretrainOptions options,
                             const std::string& backbone, const std::string& fingerprint, const torch::Device& device);
/// Names weights that were not trained by the suite: "random" by seed, "weights" by the content of their file.
std::string random_encoder_id(const std::string& encoder, std::int64_t seed);
std::string weights_encoder_id(const std::string& encoder, const std::filesystem::path& file);
/// What an evaluation is of, for its identity.
struct EvaluationInputs {
    std::string encoder, encoder_id; ///< the encoder's name; what names its weights
    std::string fingerprint;         ///< of the dataset
    std::string subset = {};         ///< digest of the imported label subset; empty: drawn
};
/// Everything that determines an evaluation; of `key`: protocol, fraction, seed, draw.
json::object evaluate_config(PlanEvaluation options, const JobKey& key, const EvaluationInputs& inputs,
                             const torch::Device& device);
/// Names the frozen features that an evaluation of this configuration learns on; of another protocol: empty.
std::string feature_id(const json::object& config);

} // namespace mlvicx
