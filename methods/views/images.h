#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mlvicx {

/// `images` u8 [N, S, S] (or their masks, [N, M, S, S]) on `device` if they take less than half of a GPU's free memory;
/// otherwise unchanged. On the GPU, batches need neither the disk nor the bus. Logs which; `what` names them.
torch::Tensor images_on(const torch::Tensor& images, const torch::Device& device, const char* what = "images");

/// The rows `indices` of `images`, [indices, ...], on `device`, wherever `images` is. Does not wait for work queued on
/// a GPU.
torch::Tensor take_images(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                          const torch::Device& device);

} // namespace mlvicx
