#include "methods/pretrain/gradient_buckets.h"

#include "core/error.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

GradientBuckets::GradientBuckets(World& world, std::vector<torch::Tensor> parameters, std::int64_t bytes)
    : world_(world) {
    std::vector<std::int64_t> sizes; // of the buckets, in values
    std::reverse(parameters.begin(), parameters.end());
    for (auto& parameter : parameters) {
        ensure(parameter.is_non_overlapping_and_dense(), "a parameter's values must be dense");
        const bool full = !sizes.empty() && sizes.back() * parameter.element_size() >= bytes;
        const bool other_type = !slots_.empty() && slots_.back().parameter.scalar_type() != parameter.scalar_type();
        if (sizes.empty() || full || other_type) sizes.push_back(0);
        slots_.push_back({parameter, sizes.size() - 1, {}, 0, false});
        sizes.back() += parameter.numel();
    }
    buckets_.resize(sizes.size());
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Slot& slot = slots_[i];
        Bucket& bucket = buckets_[slot.bucket];
        const auto& parameter = slot.parameter;
        if (bucket.slots++ == 0) {
            bucket.values = torch::empty({sizes[slot.bucket]}, parameter.detach().options());
            offset = 0;
        }
        slot.view = bucket.values.as_strided(parameter.sizes(), parameter.strides(), offset);
        offset += parameter.numel();
        slot.hook = slot.parameter.register_hook([this, i](const torch::Tensor& gradient) { take(i, gradient); });
    }
}

GradientBuckets::~GradientBuckets() {
    for (auto& slot : slots_) slot.parameter.remove_hook(slot.hook);
}

void GradientBuckets::begin() {
    next_ = 0;
    for (auto& slot : slots_) slot.found = false;
    for (auto& bucket : buckets_) bucket.missing = bucket.slots;
}

void GradientBuckets::take(std::size_t index, const torch::Tensor& gradient) {
    Slot& slot = slots_[index];
    if (slot.found || !gradient.defined()) return;
    const torch::NoGradGuard no_gradient;
    slot.view.copy_(gradient);
    slot.found = true;
    --buckets_[slot.bucket].missing;
    begin_ready();
}

void GradientBuckets::begin_ready() {
    for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_)
        buckets_[next_].sum = world_.begin_sum(buckets_[next_].values);
}

void GradientBuckets::finish() {
    const torch::NoGradGuard no_gradient;
    for (auto& slot : slots_)
        if (!slot.found) {
            slot.view.zero_();
            --buckets_[slot.bucket].missing;
        }
    begin_ready();
    for (auto& bucket : buckets_) {
        bucket.sum->wait();
        bucket.sum.reset();
    }
    for (auto& slot : slots_)
        if (slot.found) slot.parameter.mutable_grad() = slot.view;
}

} // namespace mlvicx
