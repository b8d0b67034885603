#pragma once

#include "methods/losses.h"

namespace mlvicx {

/// Binary cross-entropy (mean over all pixels) plus soft Dice, as in nnU-Net (Isensee et al., Nature Methods 2021) with
/// one sigmoid per mask instead of a softmax: 1 - mean over masks of (2 sum p t + 1) / (sum p + sum t + 1), sums over
/// the pixels of the whole batch, so that an image without the mask still teaches the model to predict nothing there.
/// `logits`, `targets` (0..1, the fraction of a pixel inside the mask): [B, M, H, W]; float32 or float64 (lower
/// precision is converted to float32). Terms: cross_entropy, dice.
Loss segmentation_loss(const torch::Tensor& logits, const torch::Tensor& targets);

} // namespace mlvicx
