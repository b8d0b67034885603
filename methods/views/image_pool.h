#pragma once

#include "methods/views/images.h"
#include "methods/views/views.h"

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mlvicx {

/// Images of a pool, and of each how often its dataset was passed before, which keys its views: while a dataset is
/// passed once, no image gets the same view twice.
struct DrawnImages {
    std::vector<std::int64_t> images, passes;
    /// Those at some positions.
    DrawnImages at(const std::vector<std::int64_t>& positions) const;
};

/// Some images of a pool, to be made views of on one device.
class PooledImages {
public:
    /// Takes them there, from where they are collected until then (RowsAhead). Once, before views are made.
    void arrive();
    /// [images, 1, size, size] float32 in 0..1, as make_views makes them. An image of dataset d in pass p of it gets
    /// the view of key (seed, p, number + 256 d): that of the first dataset is the one which it gets without others,
    /// and it depends neither on the other datasets nor on the other images of the batch.
    torch::Tensor views(const ViewRecipe& recipe, std::int64_t size, std::uint64_t seed, int number) const;
    /// The encoder's input of such views, to be finished by `finish_encoder_input` (views.h): that of several datasets
    /// or passes is finished already.
    std::vector<torch::Tensor> begin_encoder_input(const ViewRecipe& recipe, std::int64_t size, std::uint64_t seed,
                                                   int number) const;

private:
    friend class ImagePool;
    /// The images of one dataset in one pass.
    struct Part {
        std::size_t dataset;
        std::int64_t pass;
        std::vector<std::int64_t> indices, places; ///< in the dataset, in the batch
        RowsAhead rows;
        torch::Tensor images; ///< u8 [indices, S, S], once they have arrived
    };
    static ViewKey key_of(const Part& part, std::uint64_t seed, int number);
    std::vector<Part> parts_;
    std::int64_t size_ = 0;
};

/// The images of one or several datasets as one sequence: those of the first, then those of the second, and so on. Only
/// refers to them, so they may be mapped files of different image sizes.
class ImagePool {
public:
    ImagePool(torch::Tensor images); ///< of one dataset, u8 [N, S, S]
    /// At least one, at most 128.
    explicit ImagePool(std::vector<torch::Tensor> datasets);

    std::int64_t size() const { return starts_.back(); }
    std::size_t datasets() const { return images_.size(); }
    /// The dataset of an image and the index in it.
    std::pair<std::size_t, std::int64_t> place_of(std::int64_t image) const;
    /// The first image of a dataset.
    std::int64_t start_of(std::size_t dataset) const { return starts_[dataset]; }

    /// On a GPU: with the datasets that fit in its memory, one after the other (images_on).
    ImagePool on(const torch::Device& device) const;
    /// The plain views of images, [images, 1, size, size] on `device` (plain_view).
    torch::Tensor plain_views(const std::vector<std::int64_t>& images, std::int64_t size,
                              const torch::Device& device) const;
    /// Begins to collect images for `device`.
    PooledImages begin(const DrawnImages& drawn, const torch::Device& device) const;
    /// Takes images to `device`.
    PooledImages take(const DrawnImages& drawn, const torch::Device& device) const;

private:
    std::vector<torch::Tensor> images_;
    std::vector<std::int64_t> starts_; ///< of each dataset, and the number of all images
};

} // namespace mlvicx
