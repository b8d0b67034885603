#include "methods/views/images.h"

#include "core/progress.h"
#include "methods/device/device.h"

#include <torch/torch.h>

namespace mlvicx {

torch::Tensor images_on(const torch::Tensor& images, const torch::Device& device, const char* what) {
    if (!device.is_cuda() || images.device() == device) return images;
    const auto bytes = static_cast<std::int64_t>(images.nbytes());
    const bool fits = bytes < free_memory(device) / 2;
    say("{} {}, {:.2f} GB, {}", images.size(0), what, static_cast<double>(bytes) * 1e-9,
        fits ? "kept in the GPU's memory" : "copied to the GPU batch by batch");
    return fits ? images.to(device) : images;
}

torch::Tensor take_images(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                          const torch::Device& device) {
    const auto rows = images.index_select(0, sent_to(torch::tensor(indices, torch::kInt64), images.device()));
    if (rows.device() == device) return rows;
    return (device.is_cuda() ? rows.pin_memory() : rows).to(device, /*non_blocking=*/device.is_cuda());
}

} // namespace mlvicx
