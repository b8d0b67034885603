#pragma once

#include "core/safetensors.h"
#include "methods/pretrain/pretrain.h"
#include "methods/weights.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// A long computation as a file keeps it, so that it can go on from there: what every kind of checkpoint has.
struct SavedTraining {
    std::string format;               ///< the kind of checkpoint and its version
    std::string identity;             ///< identifies what is computed
    std::int64_t step = 0;            ///< what is finished, in the computation's own unit
    NamedTensors tensors;             ///< any device
    std::vector<EpochRecord> records; ///< of the finished epochs; their values are never NaN
};

/// Writes a checkpoint to one safetensors file, atomically. Throws UserError if it cannot be written.
void save_training(const std::filesystem::path& file, const SavedTraining& training);

/// Opens a checkpoint; nullopt if there is no file. Throws UserError if the file is damaged, of another format or of
/// another identity.
std::optional<Safetensors> open_training(const std::filesystem::path& file, const std::string& format,
                                         const std::string& identity);

/// The step and the records, bit by bit. Throw UserError if the file lacks them.
std::int64_t step_of(const Safetensors& saved);
std::vector<EpochRecord> records_of(const Safetensors& saved);

/// Throws UserError unless the file has all `targets` with their shapes.
void require_shapes(const Safetensors& saved, const NamedTensors& targets);
/// Copies the tensors of the same names into `targets`.
void copy_saved(const Safetensors& saved, const NamedTensors& targets);

} // namespace mlvicx
