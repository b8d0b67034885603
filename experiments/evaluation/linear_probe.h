#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/procedure.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Linear probe on frozen features.
struct LinearProbeOptions {
    std::vector<double> l2 = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0}; ///< candidates; chosen by mean validation AUC
    std::int64_t iterations = 200;                                ///< L-BFGS, at most
};
void fields(Fields& f, LinearProbeOptions& options);

/// One L2-regularised logistic regression per class on features standardised over the labelled images, by a convex
/// solver, all classes at once. Unknown labels, and classes without both values in training, are left out of the loss
/// (such a class scores its prior). All classes share one strength, the one with the best mean validation AUC over
/// classes (the strongest of equals, or the strongest of all if no class has a validation AUC). `features` [N, F] of
/// the images of `data`, in its order, were computed in `precision`; the work is done on their device. Features that
/// vary over the labelled images only by rounding (varying_features) are dead and count as constant everywhere.
/// Details: features, dead_features, l2, chosen_by, validation_auc, classes_without_both_values and `path`, with
/// iterations, remaining gradient and validation AUC per strength.
EvaluationOutcome evaluate_linear_probe(const torch::Tensor& features, const OpenDataset& data,
                                        const LinearProbeOptions& options, Precision precision = Precision::fp32);

/// A linear probe on frozen features, by a convex solver.
Procedure linear_probe_procedure();

} // namespace mlvicx
