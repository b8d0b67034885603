#pragma once

#include "core/random.h"
#include "methods/views/views.h"

namespace mlvicx {

/// The parameters drawn for one view of one image. An operation that was not drawn has the value that changes nothing.
struct ViewParameters {
    std::int64_t top = 0, left = 0, height = 0, width = 0; ///< crop, in pixels of the image
    bool flip = false;
    double brightness = 1, contrast = 1;
    bool brightness_first = true;
    double sigma = 0; ///< of the blur, in pixels at 224; 0: no blur
    bool solarize = false;
};

/// Draws a view of an image of `image_size` x `image_size` pixels. Every number is drawn in a fixed order whether or
/// not it is used, so that changing one part of a recipe does not change other draws: the same image keeps its crop if
/// only the blur changes.
ViewParameters draw_view(Random& random, const ViewRecipe& recipe, std::int64_t image_size);

/// The parameters that `make_views` draws for this image: from the stream of the image and the key.
ViewParameters drawn_view(const ViewRecipe& recipe, std::int64_t image_size, std::int64_t image, const ViewKey& key);

/// Makes the drawn views, `views[b]` of image b; of `recipe`, only the interpolation and the solarize threshold are
/// used. Images u8 [B, S, S] -> [B, 1, size, size] in 0..1.
torch::Tensor apply_views(const torch::Tensor& images, const std::vector<ViewParameters>& views,
                          const ViewRecipe& recipe, std::int64_t size);

/// Crops and flips masks like these views; no other operation applies to them. Masks u8 [B, M, S, S] -> [B, M, size,
/// size] in 0..1.
torch::Tensor apply_views_to_masks(const torch::Tensor& masks, const std::vector<ViewParameters>& views,
                                   std::int64_t size);

} // namespace mlvicx
