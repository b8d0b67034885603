#pragma once

#include "methods/device/device.h"

#include <torch/types.h>

namespace mlvicx {

/// Mean over dimensions of the standard deviation of L2-normalised embeddings [N, D]: about 1/sqrt(D) when healthy, 0
/// when collapsed or with a single row.
double embedding_std(const torch::Tensor& embeddings);

/// Effective rank: exp of the entropy of the normalised singular values (RankMe, Garrido et al., ICML 2023); 1 to
/// min(N, D). Not centred: identical embeddings have rank 1, as do zero embeddings. NaN if a value is not finite.
double effective_rank(const torch::Tensor& embeddings);

/// Features of images, [N, F] float32 as an encoder computed them in `precision`, that vary over these images by more
/// than rounding: [F] bool. The others are dead: dividing by their standard deviation would amplify rounding.
///
/// A feature varies if its standard deviation is above 2^-15 of max(its own largest value, the typical size of all
/// features): a sum that cancels is as inexact as its terms, which are as large as all features. Typical size: the
/// power mean, exponent 1/2, of the features' root mean squares, which neither a few huge features nor many dead ones
/// dominate. 2^-15 is a probabilistic bound (Higham and Mary, SIAM J. Sci. Comput. 2019): a sum of n terms of random
/// sign is off by sqrt(n / 2) units of rounding u of its size, errors of layers add in squares, and 49 layers of 3 x 3
/// x 512 terms make 336 u of float32, u = 2^-24; the mean and standard deviation taken here add less than 10 u.
/// Measured on equal images, random ResNets with and without context, 32 to 224 pixels: 2^-18 at most; on X-rays 2^-8
/// for the least of 100 features. Features in bf16 are rounded to steps of 2^-8 to 2^-7 of their value: for them half a
/// step of their own largest value counts too.
torch::Tensor varying_features(const torch::Tensor& features, Precision precision);

} // namespace mlvicx
