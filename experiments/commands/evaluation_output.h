#pragma once

#include "results/store/store.h"

#include <filesystem>

namespace mlvicx {

/// Prints what `evaluate` reports: the marks of the figures, then AUC and its company for each class, or Dice and IoU
/// for each mask, in percent.
void print_evaluation(const JobResult& result);

/// Writes a CSV with a line for each test image: id, patient, and for each class its label (1, 0, -1 unknown) and
/// score; after a segmentation, the pixel counts of each mask.
void write_scores(const std::filesystem::path& file, const JobResult& result);

} // namespace mlvicx
