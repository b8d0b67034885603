#pragma once

#include "datasets/prepared.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// What a prepared file was made of, as `mlvicx-bench prepare` prints it: counts per class and split, patients and
/// whose they are, words that labels were read from, what was left out and why, rules of conversion with their counts.
std::string summary(const PreparedDataset& dataset);

/// The same with fingerprint and provenance: the text of `mlvicx-bench inspect`.
std::string describe(const PreparedDataset& dataset);

/// A contact sheet (PNG): up to `count` images spread over classes and splits, ids and findings written below, boxes
/// and masks drawn: a tint under their outlines, one colour a mask.
void contact_sheet(const PreparedDataset& dataset, int count, const std::filesystem::path& png);

} // namespace mlvicx
