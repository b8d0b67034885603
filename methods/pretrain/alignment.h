#pragma once

#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <torch/types.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace mlvicx {

/// How far the two views of an image are known to be of one image.
struct Alignment {
    /// Of the two views' rows, both centred: the sum of all covariances over the geometric mean of the sums of all
    /// variances. 1: views do not matter; 0: uncorrelated, or nothing varies.
    double correlation = 0;
    /// Share of the images whose nearest second view, by cosine of the centred rows, is their own; chance is 1 / N. A
    /// tie is not nearest.
    double nearest = 0;
};
/// `first`, `second` [N, D]: row n of both is of image n.
Alignment alignment_of(const torch::Tensor& first, const torch::Tensor& second);

/// The same images in the same two views for every epoch of a run: what it is measured on whether a pre-training
/// learns. 128 of the images to train on (all where there are fewer) and their views are a function of the run's seed;
/// the views are of an epoch that no training reaches.
///
/// Networks run in evaluation mode without gradient and end in the mode they had, so that training ends with the same
/// bits with and without a measurement.
class FixedBatch {
public:
    /// `images`, `indices`, `options` as `pretrain` is given them; they live as long as this.
    FixedBatch(const torch::Tensor& images, const std::vector<std::int64_t>& indices, const PretrainOptions& options,
               const torch::Device& device);
    std::int64_t size() const { return static_cast<std::int64_t>(chosen_.size()); }

    /// Of the method's embeddings.
    Alignment embeddings(Method& method) const;
    /// Of an encoder's features, [N, F] of each view, float32 on the device.
    std::pair<torch::Tensor, torch::Tensor> features(Encoder& encoder) const;

private:
    template <typename Network>
    std::pair<torch::Tensor, torch::Tensor> both(torch::nn::Module& module, Network&& network) const;

    const torch::Tensor& images_;
    const PretrainOptions& options_;
    torch::Device device_;
    Precision precision_;
    std::vector<std::int64_t> chosen_;
};

} // namespace mlvicx
