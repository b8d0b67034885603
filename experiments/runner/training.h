#pragma once

#include "experiments/method_table.h"
#include "experiments/open_dataset.h"
#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// One pre-training: what a "pretrain" job or `mlvicx-bench pretrain` does.
struct TrainingJob {
    const MethodEntry* entry = nullptr;
    MethodOptions own;
    PretrainOptions options; ///< seed included
    std::string backbone;    ///< "resnet18"
    std::string title;       ///< for people
    json::object config;     ///< everything that determines the weights; kept in the encoder's file
    std::string hash;        ///< of `config`
    std::filesystem::path checkpoint, encoder_file;
    torch::Device device = torch::kCPU;
};

/// The training split without the images that are left out, ascending.
std::vector<std::int64_t> pretraining_images(const OpenDataset& data);

/// Trains on pretraining_images, going on from `checkpoint` where it is of the same `hash`, and writes `encoder_file`.
/// The checkpoint stays: it is the caller's to remove when the result is safe. Throws Interrupted after a checkpoint.
JobResult train_encoder(const OpenDataset& data, const TrainingJob& job);

/// "healthy (effective rank 114, 90 % of the possible 128; spread 1)": what train_encoder left of health_of.
std::string health_of_details(const json::object& details);

} // namespace mlvicx
