#include "methods/views/images.h"

#include "core/error.h"
#include "core/progress.h"
#include "methods/device/device.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace mlvicx {

namespace {

/// Bytes of images that the user lets a GPU keep.
double most_resident_bytes() {
    const char* text = std::getenv("MLVICX_GPU_IMAGES");
    if (text == nullptr) return std::numeric_limits<double>::infinity();
    char* end = nullptr;
    const double gigabytes = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(gigabytes >= 0))
        user_error("MLVICX_GPU_IMAGES is '{}', expected gigabytes of images that a GPU may keep, 0 or more", text);
    return gigabytes * 1e9;
}

} // namespace

torch::Tensor images_on(const torch::Tensor& images, const torch::Device& device, const char* what) {
    if (!device.is_cuda() || images.device() == device) return images;
    const auto bytes = static_cast<double>(images.nbytes());
    const bool fits = bytes < static_cast<double>(free_memory(device)) / 2 && bytes <= most_resident_bytes();
    say("{} {}, {:.2f} GB, {}", images.size(0), what, bytes * 1e-9,
        fits ? "kept in the GPU's memory" : "copied to the GPU batch by batch");
    return fits ? images.to(device) : images;
}

torch::Tensor take_images(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                          const torch::Device& device) {
    const auto rows = images.index_select(0, sent_to(torch::tensor(indices, torch::kInt64), images.device()));
    if (rows.device() == device) return rows;
    return (device.is_cuda() ? rows.pin_memory() : rows).to(device, /*non_blocking=*/device.is_cuda());
}

RowsAhead::RowsAhead(const torch::Tensor& images, std::vector<std::int64_t> indices, const torch::Device& device)
    : images_(images), indices_(std::move(indices)), device_(device) {
    if (indices_.empty() || !images_.is_cpu() || !images_.is_contiguous()) return;
    ensure(std::all_of(indices_.begin(), indices_.end(), [&](auto row) { return row >= 0 && row < images_.size(0); }),
           "an index is outside of the images");
    auto shape = images_.sizes().vec();
    shape[0] = std::ssize(indices_);
    // From here, as a thread of its own may not ask for a GPU's pinned memory while a graph is recorded.
    rows_ = torch::empty(shape, images_.options().pinned_memory(device.is_cuda()));
    // Plain copies, since each further thread that uses LibTorch's operators would start threads of its own.
    collected_ = std::async(std::launch::async, [from = images_, to = rows_, rows = indices_] {
        const auto size = static_cast<std::int64_t>(from.nbytes()) / from.size(0);
        const auto* source = static_cast<const char*>(from.data_ptr());
        auto* target = static_cast<char*>(to.data_ptr());
        for (const auto row : rows) {
            std::memcpy(target, source + row * size, static_cast<std::size_t>(size));
            target += size;
        }
    });
}

torch::Tensor RowsAhead::take() {
    if (!collected_.valid()) return take_images(images_, indices_, device_);
    collected_.get();
    return rows_.to(device_, /*non_blocking=*/device_.is_cuda());
}

} // namespace mlvicx
