// Compiles and links if this LibTorch has CUDA graphs, and CUDA's headers are there.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

int main() {
    at::cuda::CUDAGraph graph;
    const c10::impl::VirtualGuardImpl gpu(c10::kCUDA);
    const c10::Device device(c10::kCUDA, 0);
    gpu.getStream(device).synchronize();
    const c10::StreamGuard guard(gpu.getStreamFromGlobalPool(device));
    graph.capture_begin();
    graph.capture_end();
    graph.replay();
}
