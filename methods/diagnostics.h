#pragma once

#include <torch/types.h>

namespace mlvicx {

/// Mean over dimensions of the standard deviation of L2-normalised embeddings [N, D]: about 1/sqrt(D) when healthy, 0
/// when collapsed or with a single row.
double embedding_std(const torch::Tensor& embeddings);

/// Effective rank: exp of the entropy of the normalised singular values (RankMe, Garrido et al., ICML 2023); 1 ..
/// min(N, D). Not centred: embeddings that are all alike have rank 1, as have embeddings of zeros. NaN where a value is
/// not finite.
double effective_rank(const torch::Tensor& embeddings);

} // namespace mlvicx
