#pragma once

#include "methods/method.h"
#include "methods/pretrain/pretrain.h"

#include <torch/types.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace mlvicx {

/// How well the two views of an image are recognised as views of the same image.
struct Alignment {
    /// Over the two views' rows, both centred: the sum of all covariances over the geometric mean of the sums of all
    /// variances. 1: views do not matter; 0: uncorrelated, or nothing varies.
    double correlation = 0;
    /// Fraction of the images whose nearest second view, by cosine of the centred rows, is their own; chance is 1 / N.
    /// A tie does not count as nearest.
    double nearest = 0;
};
/// `first`, `second` [N, D]: row n of both belongs to image n.
Alignment alignment_of(const torch::Tensor& first, const torch::Tensor& second);

/// The same images in the same two views for every epoch of a run, used to measure whether a pre-training learns. 128
/// of the training images (all if there are fewer) and their views are a function of the run's seed; the views belong
/// to an epoch that no training reaches.
///
/// Networks run in evaluation mode without gradient and return to the mode they had, so that training ends with the
/// same bits with and without a measurement.
class FixedBatch {
public:
    /// `images`, `indices`, `options` as passed to `pretrain`; the options must outlive this object.
    FixedBatch(ImagePool images, const std::vector<std::int64_t>& indices, const PretrainOptions& options,
               const torch::Device& device);
    std::int64_t size() const { return static_cast<std::int64_t>(chosen_.size()); }

    /// Alignment of the method's embeddings.
    Alignment embeddings(Method& method) const;
    /// Features of both views, [N, F] each, float32 on the device.
    std::pair<torch::Tensor, torch::Tensor> features(Encoder& encoder) const;

private:
    template <typename Network>
    std::pair<torch::Tensor, torch::Tensor> both(torch::nn::Module& module, Network&& network) const;

    ImagePool images_;
    const PretrainOptions& options_;
    torch::Device device_;
    Precision precision_;
    std::vector<std::int64_t> chosen_;
};

} // namespace mlvicx
