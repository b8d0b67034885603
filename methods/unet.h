#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// The decoder of a U-Net (Ronneberger et al., MICCAI 2015) on an encoder's maps: from the lowest map up, each step
/// resizes to the next map (bilinear), concatenates that map (the skip connection) and applies two 3x3 convolutions
/// with batch norm and ReLU; a 1x1 convolution then gives one logit per mask, and a final bilinear resize the size of
/// the image. The steps have 8, 4, 2, 1, 1, ... times `width` channels. Masks are independent: sigmoids, no softmax.
class UnetDecoder : public torch::nn::Module {
public:
    /// `channels`: those of the encoder's maps, highest resolution first, at least two. Weights are a function of
    /// `seed`: He's normal distribution, biases 0.
    UnetDecoder(const std::vector<std::int64_t>& channels, std::int64_t masks, std::int64_t width, std::uint64_t seed);
    /// `maps` from Encoder::maps, [B, C, h, w] -> logits [B, M, size, size] float32, also under autocast.
    torch::Tensor forward(const std::vector<torch::Tensor>& maps, std::int64_t size);
    /// Sets the initial logits, the same for every image, from each mask's fraction of the pixels, [M] in (0, 1).
    void begin_with(const torch::Tensor& shares);

private:
    std::vector<torch::nn::Sequential> steps_; ///< lowest first
    torch::nn::Conv2d head_{nullptr};
};

} // namespace mlvicx
