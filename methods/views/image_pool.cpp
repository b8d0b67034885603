#include "methods/views/image_pool.h"

#include "core/error.h"
#include "methods/device/device.h"
#include "methods/views/images.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

namespace mlvicx {

namespace {

constexpr int views_per_dataset = 256; ///< of the 65,536 numbers of views that random streams are keyed by
constexpr std::size_t most_datasets = 128;

} // namespace

DrawnImages DrawnImages::at(const std::vector<std::int64_t>& positions) const {
    DrawnImages chosen;
    for (const auto position : positions) {
        chosen.images.push_back(images.at(static_cast<std::size_t>(position)));
        chosen.passes.push_back(passes.at(static_cast<std::size_t>(position)));
    }
    return chosen;
}

void PooledImages::arrive() {
    for (Part& part : parts_) part.images = part.rows.take();
}

ViewKey PooledImages::key_of(const Part& part, std::uint64_t seed, int number) {
    ensure(number >= 0 && number < views_per_dataset, "a view's number belongs to one dataset");
    return {seed, part.pass, number + views_per_dataset * static_cast<int>(part.dataset)};
}

torch::Tensor PooledImages::views(const ViewRecipe& recipe, std::int64_t size, std::uint64_t seed, int number) const {
    std::vector<torch::Tensor> made;
    std::vector<std::int64_t> from(static_cast<std::size_t>(size_)); // rows of the parts, in the batch's order
    std::int64_t row = 0;
    for (const Part& part : parts_) {
        made.push_back(make_views(part.images, part.indices, recipe, size, key_of(part, seed, number)));
        for (const auto place : part.places) from[static_cast<std::size_t>(place)] = row++;
    }
    if (made.size() == 1) return made.front();
    const auto all = torch::cat(made);
    return all.index_select(0, sent_to(torch::tensor(from, torch::kInt64), all.device()));
}

std::vector<torch::Tensor> PooledImages::begin_encoder_input(const ViewRecipe& recipe, std::int64_t size,
                                                             std::uint64_t seed, int number) const {
    if (parts_.size() > 1) return {encoder_input(views(recipe, size, seed, number))};
    const Part& part = parts_.front();
    return mlvicx::begin_encoder_input(part.images, part.indices, recipe, size, key_of(part, seed, number));
}

ImagePool::ImagePool(torch::Tensor images) : ImagePool(std::vector<torch::Tensor>{std::move(images)}) {}

ImagePool::ImagePool(std::vector<torch::Tensor> datasets) : images_(std::move(datasets)), starts_{0} {
    ensure(!images_.empty() && images_.size() <= most_datasets, "a pool has 1 to 128 datasets");
    for (const auto& images : images_) {
        ensure(images.dim() == 3 && images.scalar_type() == torch::kUInt8, "images must be u8 [N, S, S]");
        starts_.push_back(starts_.back() + images.size(0));
    }
}

std::pair<std::size_t, std::int64_t> ImagePool::place_of(std::int64_t image) const {
    ensure(image >= 0 && image < size(), "an index is outside the images");
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), image);
    const auto dataset = static_cast<std::size_t>(next - starts_.begin()) - 1;
    return {dataset, image - starts_[dataset]};
}

ImagePool ImagePool::on(const torch::Device& device) const {
    std::vector<torch::Tensor> held;
    for (const auto& images : images_) held.push_back(images_on(images, device));
    return ImagePool(std::move(held));
}

torch::Tensor ImagePool::plain_views(const std::vector<std::int64_t>& images, std::int64_t size,
                                     const torch::Device& device) const {
    std::vector<torch::Tensor> views;
    for (std::size_t first = 0; first < images.size();) { // of each run of images of one dataset
        const auto dataset = place_of(images[first]).first;
        std::vector<std::int64_t> indices;
        for (; first < images.size() && place_of(images[first]).first == dataset; ++first)
            indices.push_back(place_of(images[first]).second);
        views.push_back(plain_view(take_images(images_[dataset], indices, device), size));
    }
    return views.size() == 1 ? views.front() : torch::cat(views);
}

PooledImages ImagePool::begin(const DrawnImages& drawn, const torch::Device& device) const {
    ensure(!drawn.images.empty() && drawn.passes.size() == drawn.images.size(), "every image has its pass");
    PooledImages taken;
    taken.size_ = static_cast<std::int64_t>(drawn.images.size());
    for (std::size_t k = 0; k < drawn.images.size(); ++k) {
        const auto [dataset, index] = place_of(drawn.images[k]);
        const auto pass = drawn.passes[k];
        auto part = std::find_if(taken.parts_.begin(), taken.parts_.end(), [&, of = dataset](const auto& other) {
            return other.dataset == of && other.pass == pass;
        });
        if (part == taken.parts_.end()) part = taken.parts_.insert(part, {dataset, pass, {}, {}, {}, {}});
        part->indices.push_back(index);
        part->places.push_back(static_cast<std::int64_t>(k));
    }
    for (auto& part : taken.parts_) part.rows = RowsAhead(images_[part.dataset], part.indices, device);
    return taken;
}

PooledImages ImagePool::take(const DrawnImages& drawn, const torch::Device& device) const {
    auto images = begin(drawn, device);
    images.arrive();
    return images;
}

} // namespace mlvicx
