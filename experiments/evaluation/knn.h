#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/procedure.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Nearest neighbours on frozen features.
struct KnnOptions {
    std::vector<std::int64_t> k = {1, 5, 10, 20, 50, 100, 200}; ///< candidates; chosen by mean validation AUC
    double temperature = 0.07;
};
void fields(Fields& f, KnnOptions& options);

/// The weighted vote of the k nearest labelled images by cosine similarity, with weights exp(similarity / temperature)
/// (Wu et al., "Unsupervised feature learning via non-parametric instance discrimination", CVPR 2018; DINO, ICCV 2021).
/// Images have many findings: a class's score is the weighted fraction of positives among the neighbours whose label is
/// known, or the class's fraction among the labelled images if none is. All classes use one k, the one with the best
/// validation AUC (the largest of equals, or the largest of all if no AUC is defined); a k above the number of labelled
/// images takes them all. Dead features do no harm here, because nothing is scaled; but if all are dead, the order of
/// neighbours is rounding, and every image scores each class's fraction. Arguments and details as for
/// evaluate_linear_probe, with k for l2.
EvaluationOutcome evaluate_knn(const torch::Tensor& features, const OpenDataset& data, const KnnOptions& options,
                               Precision precision = Precision::fp32);

/// Scores [queries, C] float32 for each of `ks` (ascending, each 1 or more), as evaluate_knn describes them. `train`
/// [n, F] is float32 on any device, where the scores stay, with `labels` i8 [n, C] (1, 0, -1 unknown) and n at least
/// the largest k; `queries` is [m, F]. `batch` queries are processed at a time; 0 chooses it so that the similarities,
/// `batch` x n, fit in 128 MiB. An image's scores depend on the other queries only by the rounding of a matrix product.
std::vector<torch::Tensor> knn_scores(const torch::Tensor& train, const torch::Tensor& labels,
                                      const torch::Tensor& queries, const std::vector<std::int64_t>& ks,
                                      double temperature, std::int64_t batch = 0);

/// Nearest neighbours on frozen features.
Procedure knn_procedure();

} // namespace mlvicx
