#pragma once

#include "experiments/method_table.h"
#include "results/store/store.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// What is known about the encoder in a file, for an evaluation's details (results/report/encoders.h). Throws
/// UserError.
json::object source_of_encoder(const std::filesystem::path& file);
/// The same for a file of features, and for a control that is_check.
json::object source_of_features(const std::filesystem::path& file);
json::object source_of_check(const MethodEntry& control);

/// Adds an evaluation to the experiment "single steps" of a results file. It holds all evaluations of `mlvicx-bench
/// evaluate`, one row per label (`key.method`). A row is one encoder, or several that differ only in the seed. If
/// `source` (its details.weights) is another encoder under a label and seed that are taken, or if the evaluation has
/// other options than the row's, the row's mean would be over different things; this throws UserError that names both.
/// `chosen`: the user gave the label, and so states that encoders of different seeds belong together even if the suite
/// cannot tell.
void register_single_step(Store& store, const JobKey& key, const json::object& source, bool chosen);

} // namespace mlvicx
