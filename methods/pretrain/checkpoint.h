#pragma once

#include "methods/method.h"
#include "methods/optimizer/optimizer.h"
#include "methods/pretrain/pretrain.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// Progress of a pre-training, apart from weights and optimiser. Random numbers have no state: they follow from the
/// step.
struct TrainingState {
    std::int64_t step = 0;            ///< finished steps of the whole run
    std::vector<EpochRecord> records; ///< one per finished epoch
    std::vector<double> sums;         ///< of the loss and its terms in the current epoch; empty between epochs
    torch::Tensor embeddings;         ///< collected in the current epoch; undefined if there are none
};

/// Writes `model.NAME`, `optimizer.NAME` and the state to one safetensors file, atomically. Throws UserError if it
/// cannot be written.
void save_checkpoint(const std::filesystem::path& file, const Method& method, Optimizer& optimizer,
                     const TrainingState& state, const std::string& identity);

/// Restores a checkpoint, bit by bit; false if there is no file. Throws UserError if the file is damaged, belongs to
/// another identity or does not fit the method.
bool load_checkpoint(const std::filesystem::path& file, Method& method, Optimizer& optimizer, TrainingState& state,
                     const std::string& identity);

} // namespace mlvicx
