#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// Records what a GPU is asked to do, as a CUDA graph, and asks for all of it again with a single launch.
class GraphRecorder {
public:
    using Results = std::vector<torch::Tensor>;
    virtual ~GraphRecorder() = default;
    /// Calls `work` once and records it, without its results being computed. It must not read anything back from the
    /// GPU or copy to it, and what it reads must stay where it is. Its results, undefined tensors among them, stay
    /// where they are for all replays. Throws what LibTorch throws where that fails.
    virtual Results record(const std::function<Results()>& work) = 0;
    /// Computes the results once more, in the same memory, from what the recorded work reads.
    virtual void replay() = 0;
};

/// Null where nothing is recorded: on the CPU, and everywhere unless the environment has MLVICX_CUDA_GRAPHS=on (not the
/// default before a GPU has run them) and this program was built with CUDA's headers. `changed`: what the work changes
/// beside its results, which recording leaves as it was.
std::unique_ptr<GraphRecorder> graph_recorder(const torch::Device& device,
                                              const std::vector<torch::Tensor>& changed = {});

/// Why `graph_recorder` gives none for a GPU; empty if it does.
std::string graphs_fault();

/// While it exists the CPU has a recorder that repeats the work. Like a GPU's it does not compute results when it
/// records: they are NaN. For tests; one at a time.
class EmulatedGraphs {
public:
    EmulatedGraphs();
    ~EmulatedGraphs();
    EmulatedGraphs(const EmulatedGraphs&) = delete;
    EmulatedGraphs& operator=(const EmulatedGraphs&) = delete;
    /// Replays of all recorders since it exists.
    static std::int64_t replays();
    /// Whether work is being recorded or repeated just now.
    static bool running();
};

} // namespace mlvicx
