#pragma once

#include "experiments/classification.h"
#include "methods/views.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// What is trained on labelled films, whatever its head: the parts that fine-tuning and segmentation do not share.
struct SupervisedTask {
    std::string name;                                           ///< for errors: "fine-tuning"
    std::string figure;                                         ///< name of what `validate` gives: "validation_auc"
    std::vector<std::int64_t> films;                            ///< at least two
    std::vector<std::pair<std::string, torch::Tensor>> trained; ///< parameters, on their device
    std::vector<torch::Tensor> buffers;                         ///< what else training changes: statistics of norms
    /// Sets training mode; the loss of these films, with gradient. `pass` numbers the passes over all films, from 0.
    std::function<torch::Tensor(const std::vector<std::int64_t>& numbers, std::uint32_t pass)> loss;
    std::function<std::optional<double>()> validate; ///< the higher the better; nullopt where it is undefined
};

struct SupervisedOutcome {
    /// best_epoch, epochs, stopped_early, steps_per_epoch, batch_size, precision and the figure of the best epoch.
    json::object details;
    std::vector<CurvePoint> curves; ///< train_loss, learning_rate (an epoch's last), the figure
};

/// AdamW, warm-up (at most a tenth of all steps) and cosine over all epochs, or restarts (`schedule`); early stopping
/// by the figure, the best epoch's weights restored (without a defined figure: the last epoch's). Each pass is in an
/// order of its own; a batch is never a single film: batch norm could not learn from it. On the CPU a function of
/// `seed` and the task. Throws UserError where the loss stops being finite; Interrupted after a signal.
SupervisedOutcome train_supervised(const SupervisedTask& task, const FinetuneOptions& options, std::uint64_t seed,
                                   const torch::Device& device);

/// The mild views of supervised training: crop, flip, jitter.
ViewRecipe supervised_views(const FinetuneOptions& options);
inline constexpr int supervised_view = 3; ///< 1 and 2 are pre-training's: other crops of the same film

} // namespace mlvicx
