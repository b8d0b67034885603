#pragma once

#include "methods/device/graph_recorder.h"

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace mlvicx {

/// The work of a training step on its device: views, forward and backward pass, the update. On a GPU that records
/// (graph_recorder.h) they run as they are a few times, then are recorded, and from then on repeated by one launch
/// instead of hundreds, which a step of few images waits for. If recording fails, it says so once and they run as they
/// are.
class RecordedPass {
public:
    using Tensors = std::vector<torch::Tensor>;
    /// From the inputs to what is needed of the step, detached; leaves gradients in the parameters and must not read
    /// those of the step before. All else that it reads or changes must stay where it is in memory: weights, buffers,
    /// an optimiser's state.
    using Pass = std::function<Tensors(const Tensors& inputs)>;

    /// `parameters` get gradients. Without a recorder the passes run as they are.
    RecordedPass(std::unique_ptr<GraphRecorder> recorder, Tensors parameters, Pass pass);

    /// Drops all gradients and runs the pass. What it returns, and the gradients, are overwritten by the next run. With
    /// inputs of other shapes or types than the first run's it runs as it is.
    Tensors run(const Tensors& inputs);
    /// Whether runs are repetitions by now.
    bool recorded() const { return recorded_; }
    /// Whether they are or may become so: there is a recorder, and it has not failed.
    bool records() const { return recorder_ != nullptr; }

private:
    void drop_gradients();
    bool same_shapes(const Tensors& inputs) const;
    void record();

    Tensors parameters_;
    Pass pass_;
    std::unique_ptr<GraphRecorder> recorder_;
    std::int64_t runs_ = 0;
    bool recorded_ = false;
    Tensors inputs_;              ///< of the first run's shapes
    Tensors outputs_, gradients_; ///< of the recorded pass
    std::ptrdiff_t count_ = 0;    ///< of outputs
};

} // namespace mlvicx
