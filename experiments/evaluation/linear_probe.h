#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/procedure.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Linear probe on frozen features.
struct LinearProbeOptions {
    std::vector<double> l2 = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0}; ///< tried, chosen by validation mean AUC
    std::int64_t iterations = 200;                                ///< L-BFGS, at most
};
void fields(Fields& f, LinearProbeOptions& options);

/// One L2-regularised logistic regression per class on standardised features (deviations of the labelled images), by a
/// convex solver, all classes at once; unknown labels and classes without both values in training are left out of the
/// loss (such a class scores its prior). Each class's strength is the one with the best validation AUC (mean over
/// classes; one strength for all classes; of equals the strongest, which is also taken where no class has a validation
/// AUC). `features` [N, F] of the images of `data`, in its numbering, computed in `precision`; the work is done on the
/// device where they lie. Features that vary over the labelled images by rounding alone (varying_features) are dead:
/// they count as constant there and everywhere. Details: features, dead_features, l2, chosen_by, validation_auc,
/// classes_without_both_values and `path`, with iterations, remaining gradient and validation AUC per strength.
EvaluationOutcome evaluate_linear_probe(const torch::Tensor& features, const OpenDataset& data,
                                        const LinearProbeOptions& options, Precision precision = Precision::fp32);

/// A linear probe on frozen features, by a convex solver.
Procedure linear_probe_procedure();

} // namespace mlvicx
