#pragma once

#include <torch/types.h>

#include <cstdint>
#include <future>
#include <vector>

namespace mlvicx {

/// `images` u8 [N, S, S] (or their masks, [N, M, S, S]) on `device` if they take less than half of a GPU's free memory,
/// and with those taken there before no more than MLVICX_GPU_IMAGES gigabytes, if the environment has it; otherwise
/// unchanged. On the GPU, batches need neither the disk nor the bus. Logs which; `what` names them. Throws UserError if
/// the variable is no number of 0 or more.
torch::Tensor images_on(const torch::Tensor& images, const torch::Device& device, const char* what = "images");

/// The rows `indices` of `images`, [indices, ...], on `device`, wherever `images` is. Does not wait for work queued on
/// a GPU.
torch::Tensor take_images(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                          const torch::Device& device);

/// Rows of images that are needed a little later. Those of a tensor on the host, which may be a mapped file, are
/// collected by a thread meanwhile, so that reading a disk overlaps the work on the batch before.
class RowsAhead {
public:
    RowsAhead() = default;
    /// Begins. Throws InternalError for an index outside of `images`.
    RowsAhead(const torch::Tensor& images, std::vector<std::int64_t> indices, const torch::Device& device);
    /// What take_images gives. Once.
    torch::Tensor take();

private:
    torch::Tensor images_, rows_;
    std::vector<std::int64_t> indices_;
    torch::Device device_ = torch::kCPU;
    std::future<void> collected_; ///< the thread's end
};

} // namespace mlvicx
