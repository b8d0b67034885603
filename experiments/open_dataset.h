#pragma once

#include "datasets/prepared.h"
#include "datasets/subset_file.h"
#include "results/store/store.h"

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// A prepared dataset as trainings and evaluations take it: tensors over its mapped bytes, which live as long as
/// `prepared`, and its splits.
struct OpenDataset {
    std::shared_ptr<const PreparedDataset> prepared;
    torch::Tensor images;                              ///< u8 [N, S, S]
    torch::Tensor labels;                              ///< i8 [N, C]: 1, 0, -1 unknown; in the host's memory
    torch::Tensor masks;                               ///< u8 [N, M, S, S], 0 or 255; undefined where there are none
    std::vector<std::string> classes, mask_names;      ///< C, M
    std::vector<std::int64_t> train, validation, test; ///< positions, ascending; of `train` an evaluation has a part
    /// Images and masks move to a GPU's memory where they fit (images_on).
    void move_to(const torch::Device& device);
    const std::string& fingerprint() const { return prepared->fingerprint(); }

    // What a run finds out about it.
    std::map<std::pair<double, std::int64_t>, ImportedSubset> subsets; ///< by amount and draw; empty: drawn
    std::vector<std::int64_t> left_out; ///< training images that pre-training does without, ascending
    std::optional<Leakage> leakage;     ///< of its test images; `in_pretraining` for what the plan pre-trains
};
OpenDataset open_dataset(const std::filesystem::path& file);

/// Checks every byte of a prepared file against its fingerprint, once in a process; before work that rests on it. At 1
/// to 2 GB/s a core. Throws UserError where it was changed or is damaged.
void verify_content(const OpenDataset& data);

} // namespace mlvicx
