#pragma once

#include "results/store/store.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// What is known of the encoder in a file, for an evaluation's details (results/report/encoders.h). Throws UserError.
json::object source_of_encoder(const std::filesystem::path& file);

/// Adds an evaluation to the experiment "single steps" of a results file, in which all evaluations of
/// `mlvicx-bench evaluate` stand side by side, a row for each label (`key.method`). A row is one encoder, or several
/// that differ in nothing but the seed: where `source` (its details.weights) is another encoder under a label and seed
/// that are taken, or an evaluation with other options than the row's, the row's mean would be over different things.
/// `chosen`: the user gave the label, and says by it that encoders of different seeds of which the suite knows nothing
/// belong together. Throws UserError that names both.
void register_single_step(Store& store, const JobKey& key, const json::object& source, bool chosen);

} // namespace mlvicx
