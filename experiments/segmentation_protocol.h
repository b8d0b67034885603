#pragma once

#include "datasets/subset.h"
#include "experiments/evaluation.h"

namespace mlvicx {

/// What evaluate_encoder does under a segmentation protocol: trains on the films of `subset`, keeps the pixel counts of
/// the test films and all figures of them, and draws `task.sheet` where it is wanted. `seconds` is left at 0. Throws
/// UserError where the dataset has no masks.
CellResult segment_dataset(const OpenDataset& data, const EvaluationTask& task, const LabelSubset& subset);

} // namespace mlvicx
