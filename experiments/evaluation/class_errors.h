#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/saved_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// A test image on the wrong side of a class's threshold.
struct ErrorImage {
    std::int64_t image = 0; ///< index into the dataset
    float score = 0;
};

/// The errors of one class, the most confident first: the highest scores of images without the class, the lowest of
/// images with it. Empty without a threshold.
struct ClassErrors {
    std::string name;
    ClassThreshold threshold;
    std::int64_t positives = 0, negatives = 0; ///< test images; those with an unknown label are neither
    std::vector<ErrorImage> false_positives, false_negatives;
};

/// Of each class of `data`, by the thresholds of thresholds_of on its validation images.
std::vector<ClassErrors> class_errors(const OpenDataset& data, const EvaluationOutcome& outcome);

} // namespace mlvicx
