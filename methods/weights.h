#pragma once

#include "core/safetensors.h"

#include <torch/nn.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// The element type in a file. Throws InternalError for a type that the format lacks.
DType file_type(torch::ScalarType type);

/// A read-only tensor over the mapped bytes; it shares ownership of the mapping.
torch::Tensor to_tensor(const Safetensors& file, const std::string& name);

/// Writes tensors (any device, made contiguous) atomically. Throws UserError if the file cannot be written.
void save_tensors(const std::filesystem::path& file, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata);

/// The digest (core/safetensors.h) of a file with these tensors.
std::string digest_of(const NamedTensors& tensors);

/// Parameters and buffers by name, in the module's order; they share storage with the module.
NamedTensors state_of(const torch::nn::Module& module);

/// Puts the channels of all convolutions' weights last in memory. Convolutions of channels-last maps are faster so, on
/// CPUs and GPUs; otherwise each copies its weights in every step.
void make_channels_last(torch::nn::Module& module);

/// Whether a name is that of a batch norm's counter, which no computation of this suite uses.
bool is_counter(const std::string& name);
/// "[64, 3, 7, 7]".
std::string shape_text(torch::IntArrayRef shape);

/// The tensor `found` under a name of a file in a form that can be copied into `target`; undefined if it does not fit.
using Fit =
    std::function<torch::Tensor(const std::string& name, const torch::Tensor& found, const torch::Tensor& target)>;

/// Copies a state with equal names and shapes into the module; floating types are converted. Names that begin with one
/// of the `ignored` prefixes (torchvision's "fc.") are skipped on both sides, as is a missing `num_batches_tracked`.
/// `fit`, if given, decides what fits and may convert it. Throws UserError that lists the missing, unexpected and
/// wrong-shaped tensors with both sides (eight of each, and their number), or names the first tensor with a value that
/// valid weights never have (NaN, infinity, a negative variance); the module is then unchanged.
void load_state(torch::nn::Module& module, const Safetensors& file, const std::vector<std::string>& ignored = {},
                const Fit& fit = {});

/// Copies values between modules of the same structure (copying a holder would alias its weights).
void copy_state(const torch::nn::Module& from, torch::nn::Module& to);

} // namespace mlvicx
