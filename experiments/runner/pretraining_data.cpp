#include "experiments/runner/pretraining_data.h"

#include "core/error.h"
#include "datasets/subset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace mlvicx {

std::string joined_datasets(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, "+"));
}

namespace {

std::vector<std::int64_t> not_left_out(const OpenDataset& data) {
    std::vector<std::int64_t> images;
    std::set_difference(data.train.begin(), data.train.end(), data.left_out.begin(), data.left_out.end(),
                        std::back_inserter(images));
    return images;
}

/// A number of images in whole parts that are in proportion to `sizes`.
std::vector<std::int64_t> in_proportion(std::int64_t number, const std::vector<std::int64_t>& sizes) {
    std::int64_t all = 0, before = 0, given = 0;
    for (const auto size : sizes) all += size;
    std::vector<std::int64_t> parts;
    for (const auto size : sizes) { // the ends of the parts are rounded, so that the parts add up
        before += size;
        const auto end = std::llround(static_cast<double>(number) * static_cast<double>(before) /
                                      static_cast<double>(std::max<std::int64_t>(all, 1)));
        parts.push_back(end - given);
        given = end;
    }
    return parts;
}

} // namespace

PretrainingData::PretrainingData(const Plan& plan, const std::map<std::string, OpenDataset>& datasets) {
    for (const auto& name : plan.pretrain_datasets) datasets_.push_back(&datasets.at(name));
}

ImagePool PretrainingData::pool() const {
    std::vector<torch::Tensor> images;
    for (const auto* data : datasets_) images.push_back(data->images);
    return ImagePool(std::move(images));
}

std::vector<std::int64_t> PretrainingData::images(const PretrainOptions& options) const {
    std::vector<std::vector<std::int64_t>> all;
    std::vector<std::int64_t> sizes;
    for (const auto* data : datasets_) {
        all.push_back(not_left_out(*data));
        sizes.push_back(std::ssize(all.back()));
    }
    const bool several = datasets_.size() > 1;
    const auto parts = in_proportion(std::llround(options.images), sizes);
    const auto pooled = pool();
    std::vector<std::int64_t> images;
    for (std::size_t d = 0; d < all.size(); ++d) {
        const OpenDataset& data = *datasets_[d];
        if (options.images != 0) {
            const bool number = options.images > 1 && several;
            if (number && parts[d] < 2)
                user_error("images is {}, of which {} would give {} in proportion, expected at least 2", options.images,
                           data.prepared->file().string(), parts[d]);
            all[d] = pretraining_subset(*data.prepared, all[d], number ? static_cast<double>(parts[d]) : options.images,
                                        static_cast<std::uint64_t>(options.seed));
        }
        for (const auto image : all[d]) images.push_back(pooled.start_of(d) + image);
    }
    return images;
}

std::int64_t PretrainingData::epoch_images(const PretrainOptions& options) const {
    const auto all = std::ssize(images(options)), count = std::ssize(datasets_);
    return options.balance ? all / count * count : all;
}

std::string PretrainingData::names() const {
    std::vector<std::string> names;
    for (const auto* data : datasets_) names.push_back(data->prepared->dataset());
    return joined_datasets(names);
}

std::string PretrainingData::fingerprint() const {
    std::vector<std::string> fingerprints;
    for (const auto* data : datasets_) fingerprints.push_back(data->fingerprint());
    return joined_datasets(fingerprints);
}

std::int64_t PretrainingData::training_split() const {
    std::int64_t images = 0;
    for (const auto* data : datasets_) images += std::ssize(data->train);
    return images;
}

std::int64_t PretrainingData::left_out() const {
    std::int64_t images = 0;
    for (const auto* data : datasets_) images += std::ssize(data->left_out);
    return images;
}

json::array PretrainingData::describe(const std::vector<std::int64_t>& images) const {
    const auto pooled = pool();
    std::vector<std::int64_t> counts(datasets_.size());
    for (const auto image : images) ++counts[pooled.place_of(image).first];
    json::array text;
    for (std::size_t d = 0; d < datasets_.size(); ++d)
        text.push_back(json::object{{"dataset", datasets_[d]->prepared->dataset()},
                                    {"fingerprint", datasets_[d]->fingerprint()},
                                    {"images", counts[d]}});
    return text;
}

void require_distinct_datasets(const std::vector<std::string>& names, const std::vector<std::string>& fingerprints,
                               const std::string& where) {
    for (std::size_t i = 0; i < names.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (fingerprints[i] == fingerprints[k])
                user_error("{} names \"{}\" and \"{}\", which hold the same images (fingerprint {})", where, names[k],
                           names[i], fingerprints[i].substr(0, 16));
}

void require_batches(const Plan& plan, const std::map<std::string, OpenDataset>& datasets) {
    if (plan.pretrain_datasets.size() < 2) return; // checked before its images are decoded
    for (const auto& method : plan.methods) {
        if (!method.entry->trains) continue;
        const auto images = PretrainingData(plan, datasets).epoch_images(method.pretrain);
        if (method.pretrain.batch_size > images)
            user_error("{}: {} trains with batches of {} images, but an epoch of {} has {}", plan.file.string(),
                       method.label, method.pretrain.batch_size, joined_datasets(plan.pretrain_datasets), images);
    }
}

} // namespace mlvicx
