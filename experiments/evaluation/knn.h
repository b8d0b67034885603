#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/procedure.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Nearest neighbours on frozen features.
struct KnnOptions {
    std::vector<std::int64_t> k = {1, 5, 10, 20, 50, 100, 200}; ///< tried, chosen by validation mean AUC
    double temperature = 0.07;
};
void fields(Fields& f, KnnOptions& options);

/// The weighted vote of the k nearest labelled images by cosine similarity, weights exp(similarity / temperature) (Wu
/// et al., "Unsupervised feature learning via non-parametric instance discrimination", CVPR 2018; DINO, ICCV 2021).
/// Many findings an image: a class's score is the weighted share of positives among those of the neighbours that have
/// its label; without any, the class's share among the labelled images. One k for all classes, with the best validation
/// AUC (of equals the largest, which is also taken where there is none); a k beyond the labelled images takes them all.
/// Dead features do no harm here, because none is scaled; but where all are, the nearest are nearest by rounding, and
/// every image scores each class's share. Arguments and details as evaluate_linear_probe's, with k for l2.
EvaluationOutcome evaluate_knn(const torch::Tensor& features, const OpenDataset& data, const KnnOptions& options,
                               Precision precision = Precision::fp32);

/// Scores [queries, C] float32 for each of `ks` (ascending, each 1 or more), as evaluate_knn describes them. `train`
/// [n, F] float32 on any device, where the scores stay, with `labels` i8 [n, C] (1, 0, -1 unknown), n at least the
/// largest k; `queries` [m, F]. `queries` are taken so many at a time that the similarities, `batch` x n, fit 128 MiB;
/// 0: chosen by that. Each image's scores are its own: they depend on the other queries by no more than the rounding of
/// a matrix product.
std::vector<torch::Tensor> knn_scores(const torch::Tensor& train, const torch::Tensor& labels,
                                      const torch::Tensor& queries, const std::vector<std::int64_t>& ks,
                                      double temperature, std::int64_t batch = 0);

/// Nearest neighbours on frozen features.
Procedure knn_procedure();

} // namespace mlvicx
