#pragma once

#include "experiments/evaluation/supervised.h"
#include "experiments/method_table.h"
#include "experiments/runner/pretraining_data.h"
#include "methods/device/world.h"
#include "results/store/store.h"

#include <functional>
#include <string>
#include <utility>

namespace mlvicx {

/// One pre-training: what a "pretrain" job or `mlvicx-bench pretrain` does.
struct TrainingJob {
    const MethodEntry* entry = nullptr;
    MethodOptions own;
    PretrainOptions options; ///< includes the seed
    std::string backbone;    ///< "resnet18"
    std::string title;       ///< shown to users
    json::object config;     ///< everything that determines the weights; stored in the encoder's file
    std::string hash;        ///< of `config`
    std::filesystem::path checkpoint, encoder_file;
    std::filesystem::path live_curves; ///< written while it runs; empty: not
    torch::Device device = torch::kCPU;
    World* world = nullptr; ///< ranks that train it together; null: this process alone
    OnEpoch on_epoch = {};  ///< follows the epochs that are trained now (not those before a resume), if set
};

/// Trains on the data's images, with the other ranks of job.world if there is one (train_along), resuming from
/// `checkpoint` if it has the same `hash`, and writes `encoder_file`. Probes look at the first dataset. The checkpoint
/// stays; the caller removes it when the result is safe. Throws Interrupted after writing a checkpoint.
JobResult train_encoder(const PretrainingData& data, const TrainingJob& job);

/// What ranks other than the first do until it leaves: train whatever train_encoder begins there, by the job's hash.
/// `job_of` gives the datasets and the job; of the job's paths and followers none is used. Throws Interrupted.
using SharedJob = std::pair<PretrainingData, TrainingJob>;
void train_along(World& world, const std::function<SharedJob(const std::string& hash)>& job_of);

/// "healthy (effective rank 114, 90 % of the possible 128; spread 1)": what train_encoder stored of health_of.
std::string health_of_details(const json::object& details);

} // namespace mlvicx
