#pragma once

#include "methods/device/readback.h"
#include "methods/method.h"
#include "methods/pretrain/checkpoint.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// Collects the data of one epoch: sums of the loss and its terms, and the embeddings of its last images. A GPU sends
/// values every few steps, and they are waited for only when the next ones are sent; a step that went wrong is found
/// and reported then.
class EpochMeter {
public:
    /// Begins an epoch, or continues one from a checkpoint. `last_good` ends an error's message.
    EpochMeter(TrainingState& state, std::int64_t steps_per_epoch, std::int64_t batch_size, const torch::Device& device,
               const std::string& last_good);

    /// Whether the embeddings of the current step are kept.
    bool keeps_embeddings() const { return state_.step % steps_per_epoch_ >= gather_from_; }
    /// Adds a step's output, before the state's step is advanced. Throws UserError if a loss or term is NaN or inf.
    void add(const StepOutput& output);
    /// Reads all pending values into the state, as a checkpoint within the epoch needs. Throws as `add` does.
    void pause();
    /// Ends the epoch: means of the loss and its terms, then the diagnostics. Throws as `add` does.
    EpochRecord finish(double learning_rate, double images_per_second);
    /// The latest loss read.
    double loss() const { return loss_; }

private:
    /// The values of some steps on their way from the device, [steps, values].
    struct Sent {
        std::int64_t first; ///< step
        Readback values;
    };
    void send();
    void read();
    TrainingState& state_;
    const std::string& last_good_;
    std::int64_t steps_per_epoch_, gather_from_, first_pending_ = 0;
    std::size_t interval_;
    std::vector<std::string> names_;
    std::vector<torch::Tensor> pending_, embeddings_;
    std::optional<Sent> sent_;
    double loss_ = 0;
};

} // namespace mlvicx
