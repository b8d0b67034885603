#pragma once

#include "datasets/prepared.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// What a prepared file was made from, as `mlvicx-bench prepare` prints it: counts per class, attribute and split,
/// patients and where they come from, words that labels were read from, what was left out and why, conversion rules
/// with their counts.
std::string summary(const PreparedDataset& dataset);

/// The same plus fingerprint and provenance: the output of `mlvicx-bench inspect`.
std::string describe(const PreparedDataset& dataset);

/// A contact sheet (PNG): up to `count` images spread over classes and splits, with ids and findings below, and boxes
/// and masks drawn (masks as a tint with an outline, one colour per mask).
void contact_sheet(const PreparedDataset& dataset, int count, const std::filesystem::path& png);

} // namespace mlvicx
