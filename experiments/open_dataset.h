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

/// A prepared dataset as training and evaluation use it: its splits, and tensors over its mapped bytes, which live as
/// long as `prepared`.
struct OpenDataset {
    std::shared_ptr<const PreparedDataset> prepared;
    torch::Tensor images;                         ///< u8 [N, S, S]
    torch::Tensor labels;                         ///< i8 [N, C]: 1, 0, -1 unknown; in the host's memory
    torch::Tensor masks;                          ///< u8 [N, M, S, S], 0 or 255, or [K, S, S] of those that are not
                                                  ///< empty (masks_of); undefined if there are no masks
    std::vector<std::string> classes, mask_names; ///< C, M
    std::vector<std::int64_t> train, validation, test; ///< indices, ascending; an evaluation uses part of `train`
    /// The masks of some images, u8 [indices, M, S, S], on `device`; zero where there are none.
    torch::Tensor masks_of(const std::vector<std::int64_t>& indices, const torch::Device& device) const;
    /// Moves images and masks to a GPU's memory if they fit (images_on).
    void move_to(const torch::Device& device);
    const std::string& fingerprint() const { return prepared->fingerprint(); }

    // What a run finds out about the dataset.
    std::map<std::pair<double, std::int64_t>, ImportedSubset>
        subsets;                        ///< by label fraction or count, and draw; empty: drawn
    std::vector<std::int64_t> left_out; ///< training images that pre-training leaves out, ascending
    std::optional<Leakage> leakage;     ///< of its test images; `in_pretraining` refers to the pre-training of the plan
    std::map<std::string, Leakage> external_leakage; ///< of the images that external tests of it use, by the target
    std::string chosen_on =
        "validation"; ///< where an evaluation's `validation` images are from: "validation" or "test"
};
OpenDataset open_dataset(const std::filesystem::path& file);

/// The rows of a dataset's `masks` that some images have.
struct MaskRows {
    MaskRows(const OpenDataset& data, const std::vector<std::int64_t>& indices);
    /// What masks_of gives, [indices, M, S, S] on the device of `taken`, from these rows: [rows, M, S, S] or [rows, S,
    /// S].
    torch::Tensor placed(const torch::Tensor& taken) const;

    std::int64_t images, kinds;       ///< number of indices; M
    bool whole;                       ///< `masks` is [N, M, S, S]: an image is a row
    std::vector<std::int64_t> rows;   ///< in `masks`
    std::vector<std::int64_t> places; ///< unless whole: of each row, image * M + kind
};

/// Checks every byte of a prepared file against its fingerprint, once per process, before work that depends on it. Runs
/// at 1 to 2 GB/s per core. Throws UserError if the file was changed or is damaged.
void verify_content(const OpenDataset& data);

} // namespace mlvicx
