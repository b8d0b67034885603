#pragma once

#include "methods/device/device.h"
#include "methods/method.h"
#include "methods/optimizer/optimizer.h"
#include "methods/optimizer/schedule.h"
#include "methods/views/image_pool.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

struct PretrainOptions {
    std::int64_t epochs = 300;
    std::int64_t batch_size = 256;
    std::int64_t image_size = 224; ///< pixels of a view
    std::int64_t seed = 0;
    std::int64_t norm_batch = 0;        ///< images of a batch whose batch norms share their statistics; 0: all. Less
                                        ///< than all only if batch_size / norm_batch ranks train
    double images = 0;                  ///< training images that the caller takes: up to 1 a fraction, above a number;
                                        ///< 0 and 1: all
    bool balance = false;               ///< as many images of each dataset in every epoch (EpochOrder)
    std::int64_t checkpoint_every = 10; ///< epochs
    std::int64_t probe_every = 0;       ///< epochs; 0: the caller's probe is never called
    std::string precision = "auto";     ///< auto, bf16 or fp32
    OptimizerOptions optimizer;
    ScheduleOptions schedule;
    ViewRecipe view1, view2;
};
/// Keys: epochs, batch_size, image_size, norm_batch, images, balance, checkpoint_every, probe_every, precision,
/// optimizer, schedule, view1, view2 (seed is the plan's).
void fields(Fields& f, PretrainOptions& options);
/// Checks what ranges of single fields cannot: the views, that a number of images is whole and not below the batch, and
/// that the warm-up ends before the run does. Throws
/// UserError; messages begin with `where` ("plan.json: $.methods[0]").
void require_valid(const PretrainOptions& options, const std::string& where);

struct EpochRecord {
    std::int64_t epoch = 0;                             ///< 0-based, finished
    std::vector<std::pair<std::string, double>> values; ///< loss, its terms, learning_rate, images_per_second,
                                                        ///< embedding_std, effective_rank, and the size of the
                                                        ///< matrix behind these two: embeddings, dimensions; on
                                                        ///< FixedBatch: view_correlation, nearest_view (of
                                                        ///< embeddings) and feature_nearest_view, with its size,
                                                        ///< aligned_images; then the probe's values
};

/// Figures of an encoder during training, by name. Must not change the encoder; may throw Interrupted.
using Probe = std::function<std::vector<std::pair<std::string, double>>(Encoder&)>;

class World;

/// Where a pre-training is saved, who follows it, and who shares it.
struct PretrainRun {
    std::filesystem::path checkpoint = {}; ///< empty: no checkpoints
    std::string identity = {};             ///< identifies what is trained; a checkpoint with another one is refused
    std::function<void(const EpochRecord&)> on_epoch = {};
    Probe probe = {};
    World* world = nullptr; ///< the ranks that train together; all call `pretrain` with the same arguments but these:
                            ///< only rank 0's checkpoint, on_epoch and probe count
};

/// Trains `method` on the images of one or several datasets, u8 [N, S, S] each (on `device`, or in CPU memory, where
/// they may be mapped files); `indices` selects the images to use. Each step takes batch_size images in the epoch's
/// order (EpochOrder; last partial batch dropped), makes both views on `device` and updates. The method must already be
/// initialised and on `device`; its convolutions become channels-last. The warm-up is as the options say, at most the
/// whole run. On a GPU the images stay in its memory if they fit (images_on).
///
/// `run.checkpoint`: a safetensors file with weights, buffers, optimiser state and position; written every
/// checkpoint_every epochs, after the last epoch and on an interruption, also within an epoch (then throws
/// Interrupted). If it exists and its `identity` metadata equals the run's, training resumes from it, and on the CPU
/// ends with bit-identical weights; another identity is a UserError. NaN or inf in the loss or the weights: UserError
/// with the step, the terms and the last good checkpoint. Fewer images than a batch, or a batch of one: UserError.
/// Returns one record per epoch, including those before a resume; `on_epoch` gets those of this call. `probe` is called
/// after every probe_every epochs and after the last; the weights do not depend on it.
///
/// With a world each rank trains on its part of every batch, and the sum is the training of one process: the loss,
/// gradients and weights are the same but for rounding (1e-9 in float64; float32 sums in another order), so the number
/// of ranks does not belong to a run's identity, and a checkpoint is continued by any number. batch_size must be a
/// multiple of it. The records are rank 0's.
std::vector<EpochRecord> pretrain(Method& method, const ImagePool& images, const std::vector<std::int64_t>& indices,
                                  const PretrainOptions& options, const torch::Device& device,
                                  const PretrainRun& run = {});

} // namespace mlvicx
