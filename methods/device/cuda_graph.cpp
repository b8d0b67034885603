#include "methods/device/cuda_graph.h"

#ifdef MLVICX_HAS_CUDA_GRAPHS

#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace mlvicx {

namespace {

class CudaGraph : public GraphRecorder {
public:
    explicit CudaGraph(const torch::Device& device) : device_(device) {}

    Results record(const std::function<Results()>& work) override {
        // CUDA records a stream of its own; what the usual one was asked for must be finished before. Not with CUDA's
        // own guards, which are compiled into this program and would link it with CUDA.
        const c10::impl::VirtualGuardImpl gpu(torch::kCUDA);
        gpu.getStream(device_).synchronize();
        const c10::StreamGuard guard(gpu.getStreamFromGlobalPool(device_));
        graph_.capture_begin();
        try {
            auto results = work();
            graph_.capture_end();
            return results;
        } catch (...) {
            end_failed();
            throw;
        }
    }

    void replay() override { graph_.replay(); }

private:
    /// The stream can be used again, and memory comes from the usual place.
    void end_failed() {
        try {
            graph_.capture_end();
        } catch (const std::exception&) { // says again that it failed
        }
    }

    torch::Device device_;
    at::cuda::CUDAGraph graph_;
};

} // namespace

bool has_cuda_graphs() {
    return true;
}

std::unique_ptr<GraphRecorder> cuda_graph(const torch::Device& device) {
    return std::make_unique<CudaGraph>(device);
}

} // namespace mlvicx

#else

namespace mlvicx {

bool has_cuda_graphs() {
    return false;
}

std::unique_ptr<GraphRecorder> cuda_graph(const torch::Device& /*device*/) {
    return nullptr;
}

} // namespace mlvicx

#endif
