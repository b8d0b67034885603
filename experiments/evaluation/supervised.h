#pragma once

#include "core/config.h"
#include "experiments/evaluation/features.h"
#include "experiments/evaluation/saving.h"
#include "experiments/open_dataset.h"
#include "methods/views/images.h"
#include "methods/views/views.h"
#include "methods/weights.h"
#include "results/store/store.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// Options for training on labelled images, whatever is trained.
struct SupervisedOptions {
    std::int64_t epochs = 50;
    std::int64_t batch_size = 64;
    double learning_rate = 3e-4; ///< AdamW; same for head and encoder
    double weight_decay = 0.01;
    double warmup_epochs = 1;
    std::int64_t patience = 10;           ///< epochs without a better validation metric before it stops
    std::int64_t min_steps_per_epoch = 0; ///< small subsets are repeated up to this many steps; 0: no repeats
    double crop_low = 0.6;                ///< training views: random resized crop from this fraction of the area
    double flip = 0.5;                    ///< probability
    double jitter = 0.1; ///< brightness and contrast factors from 1 - x to 1 + x, for every second view
    std::string precision = "auto";
};
void fields(Fields& f, SupervisedOptions& options);

/// How steps are scaled: the schedule of the learning rate, and clipping.
struct StepOptions {
    std::string schedule =
        "cosine"; ///< or restarts: methods/optimizer/schedule.h's warm_restarts, by epoch, without warm-up
    std::int64_t restart_epochs = 10, restart_factor = 2; ///< length of the first cycle; growth factor of each next one
    double lowest_rate = 1e-6;                            ///< of restarts
    double clip = 0; ///< largest norm of the gradient of all parameters that learn; 0: no clipping
};
void fields(Fields& f, StepOptions& options);

/// Follows a training: called after each epoch with that epoch's values.
using OnEpoch = std::function<void(const std::vector<CurvePoint>& epoch)>;

/// What a training gets besides its options.
struct SupervisedRun {
    std::uint64_t seed = 0;
    std::int64_t image_size = 224; ///< side of the encoder's input, pixels
    torch::Device device = torch::kCPU;
    OnEpoch on_epoch = {}; ///< if set
    Saving saving = {};
};

/// An encoder with a head that learns from labelled images: the common part of fine-tuning and segmentation.
class SupervisedModel {
public:
    virtual ~SupervisedModel() = default;
    SupervisedModel(const SupervisedModel&) = delete;
    SupervisedModel& operator=(const SupervisedModel&) = delete;

    virtual const char* name() const = 0;         ///< for errors: "fine-tuning"
    virtual std::string figure() const = 0;       ///< name of what validate() returns: "validation_auc"
    virtual std::optional<double> validate() = 0; ///< higher is better; nullopt if undefined
    const std::vector<std::int64_t>& images() const { return data_.train; } ///< labelled
    /// Parameters that learn, on their device: "encoder.conv1.weight", "head.bias".
    const NamedTensors& trained() const { return trained_; }
    /// All that training changes: these parameters, and the statistics of norms.
    NamedTensors changed() const;
    /// Begins to collect the images of a later batch (RowsAhead), and what else it needs of them.
    virtual void expect(const std::vector<std::int64_t>& indices);
    /// Sets training mode; returns the encoder's input of these images, as begin_encoder_input begins it, and last
    /// their targets. `pass` counts the passes over all images, from 0.
    std::vector<torch::Tensor> batch(const std::vector<std::int64_t>& indices, std::uint32_t pass);
    /// The loss of such a batch, with gradient; it reads nothing back from a GPU and copies nothing to it.
    torch::Tensor loss(const std::vector<torch::Tensor>& batch);

protected:
    /// `learns`: the part of the encoder that learns, as in FinetuneOptions; the rest stays in evaluation mode and
    /// keeps every bit. Moves encoder and head to the run's device.
    SupervisedModel(Encoder& encoder, const OpenDataset& data, const SupervisedOptions& options,
                    const SupervisedRun& run, const std::string& learns);
    /// Whether these are the images that were last announced, which `batch` has not returned yet.
    bool expects(const std::vector<std::int64_t>& indices) const { return indices == expected_; }
    void add_head(const std::string& name, std::shared_ptr<torch::nn::Module> head);
    /// The loss of an encoder's input [B, 3, S, S] and its targets.
    virtual torch::Tensor loss_of(const torch::Tensor& input, const torch::Tensor& targets) = 0;
    /// What the views that `batch` makes of these images should give, on the run's device.
    virtual torch::Tensor targets(const std::vector<std::int64_t>& indices, std::uint32_t pass) = 0;

    Encoder& encoder_;
    const OpenDataset& data_;
    const SupervisedRun run_;
    Inference inference_;
    const ViewRecipe recipe_; ///< mild: crop, flip, jitter

private:
    bool everything_;
    std::vector<std::string> stage_; ///< modules of the encoder that learn, unless everything does
    std::shared_ptr<torch::nn::Module> head_;
    std::string head_name_;
    NamedTensors trained_;
    std::vector<std::int64_t> expected_;
    RowsAhead ahead_; ///< the expected images
};
inline constexpr int supervised_view = 3; ///< 1 and 2 are pre-training's; 3 gives other crops of the same image

struct SupervisedOutcome {
    /// best_epoch, epochs, stopped_early, steps_per_epoch, batch_size, precision and the best epoch's validation
    /// metric.
    json::object details;
    std::vector<CurvePoint> curves; ///< train_loss, learning_rate (at the end of an epoch), the validation metric
    double seconds_before = 0;      ///< that the training took before it was resumed
};

/// Trains with AdamW, warm-up (at most a tenth of all steps) and cosine over all epochs, or restarts (`schedule`).
/// Stops early by the validation metric and restores the best epoch's weights (without a defined metric: the last
/// epoch's). Each pass has its own order; a batch is never a single image, because batch norm could not learn from it.
/// On the CPU the result is a function of the run's seed and the model.
///
/// Saves its progress as the run's `saving` says, at any step, and when it is interrupted. If there is a checkpoint, it
/// goes on from there, and on the CPU ends with bit-identical weights, curves and details; the checkpoint stays, and
/// the caller removes it when the result is safe. Throws UserError with fewer than two labelled images, if the loss
/// stops being finite, or for a checkpoint that is damaged or of another identity; Interrupted after a signal.
SupervisedOutcome train_supervised(SupervisedModel& model, const SupervisedOptions& options, const StepOptions& steps,
                                   const SupervisedRun& run);

} // namespace mlvicx
