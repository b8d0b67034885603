#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// Scores [queries, C] float32 for each of `ks` (ascending, each 1 or more), as evaluate_knn describes them. `train`
/// [n, F] float32 on any device, where the scores stay, with `labels` i8 [n, C] (1, 0, -1 unknown), n at least the
/// largest k; `queries` [m, F]. `queries` are taken so many at a time that the similarities, `batch` x n, fit 128 MiB;
/// 0: chosen by that. Each film's scores are its own: they depend on the other queries by no more than the rounding of
/// a matrix product.
std::vector<torch::Tensor> knn_scores(const torch::Tensor& train, const torch::Tensor& labels,
                                      const torch::Tensor& queries, const std::vector<std::int64_t>& ks,
                                      double temperature, std::int64_t batch = 0);

} // namespace mlvicx
