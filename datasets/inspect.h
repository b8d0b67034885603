#pragma once

#include "datasets/prepared.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// Counts per class and split, patients, size, provenance, fingerprint: the text of `mlvicx-bench inspect`.
std::string describe(const PreparedDataset& dataset);

/// A contact sheet (PNG): up to `count` films spread over classes and splits, ids and findings written below, boxes and
/// masks drawn: a tint under their outlines, one colour a mask.
void contact_sheet(const PreparedDataset& dataset, int count, const std::filesystem::path& png);

} // namespace mlvicx
