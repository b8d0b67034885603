#pragma once

#include "methods/device/recorded_pass.h"
#include "methods/optimizer/optimizer.h"

#include <torch/types.h>

#include <vector>

namespace mlvicx {

/// A training step whose work is recorded on a GPU that records (graph_recorder.h): a pass over the step's inputs that
/// leaves the gradients, and with it the optimiser's update if that is repeatable.
class RecordedStep {
public:
    using Tensors = RecordedPass::Tensors;

    /// `pass`: as RecordedPass has it. `buffers`: what it changes beside the optimiser's parameters. `alone`: other
    /// ranks, whose sums cannot be recorded, have no part in it. The optimiser must outlive this.
    RecordedStep(Optimizer& optimizer, const Tensors& buffers, const torch::Device& device, bool alone,
                 RecordedPass::Pass pass);
    RecordedStep(const RecordedStep&) = delete;
    RecordedStep& operator=(const RecordedStep&) = delete;

    /// What the pass returns of these inputs; its gradients are in the parameters. `rate`: of the update, which may be
    /// done already. Valid until the next run.
    Tensors run(const Tensors& inputs, double rate);
    /// After a run: its update, unless that was part of the recorded work.
    void update();
    /// Whether runs are repetitions by now.
    bool recorded() const { return pass_.recorded(); }

private:
    Optimizer& optimizer_;
    bool updates_ = false; ///< the pass does the update, too
    RecordedPass pass_;
};

} // namespace mlvicx
