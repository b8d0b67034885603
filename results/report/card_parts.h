#pragma once

#include "core/json.h"
#include "results/store/store.h"

#include <cstdint>
#include <string>

namespace mlvicx {

// The paragraphs of a card (results/report/card.h) that need more than a query.

/// Each dataset: what the plan says of its import and split (without paths), fingerprint, test images, patients,
/// classes.
std::string data_sentences(Store& store, std::int64_t experiment, const json::object& plan);
/// Each method: epochs, batches, images, optimiser, precision, verdicts.
std::string pretraining_sentences(Store& store, std::int64_t experiment);
/// Each protocol: size, precision, options, and what was chosen on which images; labelled images at each fraction.
std::string evaluation_sentences(Store& store, std::int64_t experiment);

} // namespace mlvicx
