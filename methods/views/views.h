#pragma once

#include "core/config.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// How one view of a grey image is made, in this order: random resized crop, horizontal flip, brightness and contrast
/// jitter (in random order), Gaussian blur, solarize. Saturation, hue and grayscale have no effect on a grey image.
struct ViewRecipe {
    double crop_low = 0.08, crop_high = 1.0; ///< fraction of the image's area
    double ratio_low = 0.75, ratio_high = 4.0 / 3;
    std::string interpolation = "bicubic"; ///< or bilinear; both antialiased
    double flip = 0.5;                     ///< probabilities from here on
    double jitter = 0.8;
    double brightness = 0.4, contrast = 0.4; ///< factors from 1 - x to 1 + x
    double blur = 1.0;
    double blur_sigma_low = 0.1,
           blur_sigma_high = 2.0; ///< pixels at 224, scaled with the view's size; kernel size/10, odd
    double solarize = 0.0;
    double solarize_threshold = 0.5;
};
void fields(Fields& f, ViewRecipe& recipe);
/// Checks what ranges of single fields cannot: each low end is at most its high end. Throws UserError; messages begin
/// with `name` ("view1").
void require_valid(const ViewRecipe& recipe, const std::string& name);

/// Identifies a view of an image: with the image's index the key of its random stream.
struct ViewKey {
    std::uint64_t seed;
    std::int64_t epoch;
    int view;
};

/// Views of a batch by batched tensor operations on the images' device; crop, flip and blur are products with per-image
/// resampling matrices. Parameters come from Random(seed, view, epoch, image, view): the same image gets the same view
/// for any batch order, thread count or device.
/// `images` u8 [B, S, S]; `indices`: the images' indices in the dataset; returns [B, 1, size, size] float32 in 0..1,
/// without gradient, also under autocast.
torch::Tensor make_views(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                         const ViewRecipe& recipe, std::int64_t size, const ViewKey& key);

/// The masks for these views: cropped and flipped as `make_views` with the same arguments crops and flips the images,
/// resampled with antialiased bilinear weights; brightness, contrast, blur and solarize do not change them. `masks` u8
/// [B, M, S, S], 0 or 255; returns [B, M, size, size] float32 in 0..1: the fraction of a pixel inside the mask.
torch::Tensor make_mask_views(const torch::Tensor& masks, const std::vector<std::int64_t>& indices,
                              const ViewRecipe& recipe, std::int64_t size, const ViewKey& key);

/// The plain view for evaluation: antialiased bilinear resize to `size` (no-op if it already has that size): [B, 1,
/// size, size] float32 in 0..1.
torch::Tensor plain_view(const torch::Tensor& images, std::int64_t size);

/// Last step of every view, from [B, 1, H, W]: three equal channels, normalised with ImageNet's mean and standard
/// deviation, [B, 3, H, W] in channels-last memory. Where the stem takes grey images (stem_takes_grey) the view itself.
torch::Tensor encoder_input(const torch::Tensor& grey);

/// encoder_input of make_views in two parts, for a step that is recorded (device/recorded_pass.h): the host's, which
/// draws the views and sends what was drawn, and the device's, which reads nothing else and copies nothing. Where not
/// all of it runs by our kernels, the first part makes the views. Its arguments are those of make_views. It gives one
/// tensor, the whole encoder_input, or two, the images and what was drawn for their views, u8 [B, bytes]; the second
/// part takes these, and the same recipe and size, and gives the encoder_input.
std::vector<torch::Tensor> begin_encoder_input(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                                               const ViewRecipe& recipe, std::int64_t size, const ViewKey& key);
torch::Tensor finish_encoder_input(const std::vector<torch::Tensor>& begun, const ViewRecipe& recipe,
                                   std::int64_t size);

} // namespace mlvicx
