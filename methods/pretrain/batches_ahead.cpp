#include "methods/pretrain/batches_ahead.h"

#include <numeric>
#include <utility>

namespace mlvicx {

BatchesAhead::BatchesAhead(const ImagePool& pool, const EpochOrder& order, const Ranks& ranks, std::int64_t batch,
                           const torch::Device& device)
    : pool_(pool), order_(order), ranks_(ranks), batch_(batch), steps_per_epoch_(order.size() / batch),
      device_(device) {}

PooledImages BatchesAhead::begun(std::int64_t step) {
    if (const auto epoch = step / steps_per_epoch_; epoch != epoch_) {
        drawn_ = order_.of(epoch);
        epoch_ = epoch;
    }
    std::vector<std::int64_t> chosen(static_cast<std::size_t>(batch_)); // positions in the epoch's order
    std::iota(chosen.begin(), chosen.end(), step % steps_per_epoch_ * batch_);
    return pool_.begin(drawn_.at(ranks_.own_part(chosen)), device_);
}

PooledImages BatchesAhead::of(std::int64_t step) {
    auto images = step == next_step_ ? std::move(next_) : begun(step);
    images.arrive();
    next_step_ = step + 1;
    next_ = begun(next_step_);
    return images;
}

} // namespace mlvicx
