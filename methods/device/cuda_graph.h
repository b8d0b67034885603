#pragma once

#include "methods/device/graph_recorder.h"

namespace mlvicx {

/// Whether this program was built with CUDA's headers, which LibTorch's for graphs include (cmake/CudaGraphs.cmake).
bool has_cuda_graphs();

/// A recorder for a GPU; null without.
std::unique_ptr<GraphRecorder> cuda_graph(const torch::Device& device);

} // namespace mlvicx
