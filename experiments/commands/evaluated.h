#pragma once

#include "experiments/commands/evaluation_arguments.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/method_table.h"
#include "results/store/store.h"

#include <optional>
#include <string>

namespace mlvicx {

/// What `evaluate` is asked for.
struct EvaluateOptions : EvaluationArguments {
    std::filesystem::path results, out, sheet, save, errors; ///< what is to be written; empty: nothing
    std::filesystem::path features;                          ///< instead of an encoder
    std::string encoder, label;
    std::optional<std::int64_t> draw;

    /// The encoder or the features, as they were given.
    std::string subject() const { return features.empty() ? encoder : features.string(); }
};

/// The row of the table of methods that is evaluated: "weights" stands for any encoder in a file.
const MethodEntry& method_of(const EvaluateOptions& given);

/// What is evaluated, with all that its identity and its details need.
struct Evaluand {
    std::string id; ///< of the weights or features
    json::object source;
    std::string network; ///< or "features", "metadata"
};

/// Gives the job its encoder or features. Throws UserError if the protocol cannot be used with them.
Evaluand evaluand_for(const EvaluateOptions& given, const OpenDataset& data, EvaluationJob& job);

/// The evaluation as a job. It has the same hash as a plan's job with the same encoder, data and options.
JobKey key_of(const EvaluateOptions& given, const EvaluationJob& job, const OpenDataset& data,
              const Evaluand& evaluand);

} // namespace mlvicx
