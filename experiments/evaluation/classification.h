#pragma once

#include "experiments/open_dataset.h"
#include "methods/device/device.h"
#include "results/store/store.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace mlvicx {

class Evaluation;

/// Logits from the features of an image: features weight' + bias. float32 on the CPU.
struct LinearHead {
    torch::Tensor weight; ///< [C, F]
    torch::Tensor bias;   ///< [C]
};

/// The head as it was trained: on standardised features if `mean` and `scale` are defined. Its scores are those of the
/// evaluation.
struct TrainedHead {
    torch::Tensor weight;      ///< [C, F]
    torch::Tensor bias;        ///< [C]
    torch::Tensor mean, scale; ///< [F]: the layer sees (features - mean) * scale; undefined: the features themselves

    /// Probabilities [n, C] from features [n, F], on the head's device; the same operators as in the evaluation.
    torch::Tensor scores(const torch::Tensor& features) const;
    /// With the standardisation folded in.
    LinearHead linear() const;
};

/// The outcome of a classification, on the CPU. Scores are probabilities in 0..1, float32.
struct EvaluationOutcome {
    torch::Tensor validation_scores, test_scores; ///< [images of the split, C]
    json::object details;                         ///< chosen regularisation, best epoch, ...
    std::vector<CurvePoint> curves;
    TrainedHead trained;                   ///< produced the scores; undefined for knn
    LinearHead head;                       ///< the same with the standardisation of a linear probe folded in
    Precision precision = Precision::fp32; ///< of the features that the scores come from
    double seconds_before = 0;             ///< that a training took before it was resumed
};

/// auc_table of scores [n, C] and labels i8 [n, C].
MetricTable auc_of(const torch::Tensor& scores, const torch::Tensor& labels, const std::vector<std::string>& classes);

/// The result of an evaluation with this outcome: scores, AUCs and other classification metrics, and with heatmaps the
/// localisation metrics.
JobResult classification_result(Evaluation& evaluation, const EvaluationOutcome& outcome);

} // namespace mlvicx
