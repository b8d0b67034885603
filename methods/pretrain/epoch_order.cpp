#include "methods/pretrain/epoch_order.h"

#include "core/error.h"
#include "core/random.h"

#include <algorithm>

namespace mlvicx {

namespace {

/// The stream of the epoch's own order, and those of the passes of dataset d.
constexpr std::uint32_t of_epoch = 0;
std::uint32_t of_dataset(std::size_t d) {
    return static_cast<std::uint32_t>(d) + 1;
}

template <typename T>
void shuffle_for(std::vector<T>& items, std::int64_t seed, std::int64_t epoch, std::uint32_t stream) {
    Random random(static_cast<std::uint64_t>(seed), Purpose::order, static_cast<std::uint32_t>(epoch), stream);
    shuffle(items, random);
}

} // namespace

EpochOrder::EpochOrder(const ImagePool& pool, std::vector<std::int64_t> images, std::int64_t seed, bool balanced)
    : images_(std::move(images)), seed_(seed) {
    if (!balanced) return;
    if (pool.datasets() == 1) user_error("balance is true, but there is only one dataset to pre-train on");
    datasets_.resize(pool.datasets());
    for (const auto image : images_) datasets_[pool.place_of(image).first].push_back(image);
    for (std::size_t d = 0; d < datasets_.size(); ++d)
        if (datasets_[d].empty())
            user_error("balance is true, but dataset {} of {} has no images to pre-train on", d + 1, datasets_.size());
}

std::int64_t EpochOrder::size() const {
    const auto all = static_cast<std::int64_t>(images_.size());
    const auto datasets = static_cast<std::int64_t>(datasets_.size());
    return datasets == 0 ? all : all / datasets * datasets;
}

DrawnImages EpochOrder::of(std::int64_t epoch) const {
    if (!datasets_.empty()) return balanced(epoch);
    DrawnImages order{images_, std::vector<std::int64_t>(images_.size(), epoch)};
    shuffle_for(order.images, seed_, epoch, of_epoch);
    return order;
}

DrawnImages EpochOrder::balanced(std::int64_t epoch) const {
    const std::int64_t share = size() / static_cast<std::int64_t>(datasets_.size());
    std::vector<std::pair<std::int64_t, std::int64_t>> drawn; // image, pass
    for (std::size_t d = 0; d < datasets_.size(); ++d) {
        const auto length = static_cast<std::int64_t>(datasets_[d].size());
        const std::int64_t first = epoch * share, end = first + share; // in the dataset's passes, one after the other
        for (std::int64_t pass = first / length; pass * length < end; ++pass) {
            std::vector<std::int64_t> images = datasets_[d];
            shuffle_for(images, seed_, pass, of_dataset(d));
            for (std::int64_t at = std::max(first, pass * length); at < std::min(end, (pass + 1) * length); ++at)
                drawn.emplace_back(images[static_cast<std::size_t>(at - pass * length)], pass);
        }
    }
    shuffle_for(drawn, seed_, epoch, of_epoch);
    DrawnImages order;
    for (const auto& [image, pass] : drawn) {
        order.images.push_back(image);
        order.passes.push_back(pass);
    }
    return order;
}

} // namespace mlvicx
