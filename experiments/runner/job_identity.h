#pragma once

#include "experiments/method_table.h"
#include "experiments/plan_evaluation.h"
#include "results/store/store.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace mlvicx {

// Shared by a plan's jobs and the single steps of the command line, so that the same run has the same hash in both.

std::string hash_of(const json::object& config);
/// The seed for drawing an evaluation's label subset.
std::int64_t drawn_by(const JobKey& key);
/// Everything that determines pre-trained weights; `options` include the seed.
json::object pretrain_config(const MethodEntry& entry, MethodOptions own, PretrainOptions options,
                             const std::string& backbone, const std::string& fingerprint, const torch::Device& device);
/// An id for weights that the suite did not train: "random" by seed, "weights" by the content of their file.
std::string random_encoder_id(const std::string& encoder, std::int64_t seed);
std::string weights_encoder_id(const std::string& encoder, const std::filesystem::path& file);
/// What an evaluation is run on, for its identity.
struct EvaluationInputs {
    std::string encoder, encoder_id;     ///< name of the encoder; id of its weights
    std::string fingerprint;             ///< of the dataset
    std::string subset = {};             ///< digest of the imported label subset; empty: drawn
    std::string control = {};            ///< the name of a MethodEntry that is_check; empty: none
    std::optional<Precision> given = {}; ///< that of features without an encoder
    json::object external = {};          ///< external_identity; empty: tested on the dataset's own images
};
/// An id for features from a file, by their digest.
std::string features_encoder_id(const std::string& digest);
/// Everything that determines an evaluation; `key` gives protocol, fraction, seed and draw.
json::object evaluate_config(PlanEvaluation options, const JobKey& key, const EvaluationInputs& inputs,
                             const torch::Device& device);
/// An id for the frozen features that an evaluation of this configuration learns on; empty for other protocols, and for
/// features without an encoder. `fingerprint`: of the dataset if it is another one than the configuration's.
std::string feature_id(const json::object& config, const std::string& fingerprint = {});

} // namespace mlvicx
