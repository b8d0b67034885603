#pragma once

#include "experiments/evaluation/saving.h"
#include "methods/optimizer/optimizer.h"
#include "methods/pretrain/pretrain.h"
#include "methods/weights.h"
#include "results/store/store.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace mlvicx {

/// Progress of a training on labelled images, apart from the tensors that it changes and the optimiser's. Random
/// numbers have no state: they follow from the step.
struct SupervisedState {
    std::int64_t step = 0;             ///< finished
    std::vector<EpochRecord> epochs;   ///< trained and validated
    torch::Tensor loss;                ///< float32 []: sum over the steps after these epochs
    std::optional<double> best_figure; ///< of validation so far
    std::int64_t best_epoch = 0;       ///< the epoch of it; the last one if no figure is defined
    std::vector<torch::Tensor> best;   ///< the changed tensors after that epoch; empty without a figure
    double seconds = 0;                ///< that the training has taken

    std::int64_t epoch() const { return std::ssize(epochs); } ///< the one to go on with
};

/// An epoch as curves.
std::vector<CurvePoint> points_of(const EpochRecord& record);

/// Writes a checkpoint of a training that changes the tensors `changed`, unless they have NaN or infinity: then the end
/// of the epoch reports that, and the last good checkpoint stays. Throws UserError if it cannot be written.
void save_supervised(const Saving& saving, const NamedTensors& changed, Optimizer& optimizer,
                     const SupervisedState& state);

/// Restores a checkpoint, bit by bit; does nothing if there is none. Throws UserError if it is damaged, of another
/// identity, or does not fit.
void load_supervised(const Saving& saving, const NamedTensors& changed, Optimizer& optimizer, SupervisedState& state);

} // namespace mlvicx
