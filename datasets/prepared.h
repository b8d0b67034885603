#pragma once

#include "core/safetensors.h"
#include "datasets/index.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// All that training and evaluation see of a dataset: one safetensors file, memory-mapped.
///
///     images      U8  [N, S, S]      grey films
///     labels      I8  [N, C]         1 present, 0 absent, -1 unknown
///     split       U8  [N]            0 train, 1 validation, 2 test
///     patient     I32 [N]            number of the patient, into patient_ids
///     masks       U8  [N, M, S, S]   0 or 255; only where the dataset has masks
///     boxes       F32 [K, 6]         film, class, x, y, width, height in prepared pixels; may have no rows
///     ids         U8  [bytes]        film ids, one a line
///     patient_ids U8  [bytes]        patient ids, one a line
///
/// Metadata: format ("mlvicx-bench prepared 1"), dataset, classes, mask_names, provenance (JSON texts), fingerprint.
class PreparedDataset {
public:
    /// Opens and checks everything but the pixels. Throws UserError.
    explicit PreparedDataset(const std::filesystem::path& file);

    const std::filesystem::path& file() const { return tensors_.file(); }
    std::int64_t size() const { return films_; }            ///< N
    std::int64_t image_size() const { return image_size_; } ///< S
    const std::string& dataset() const { return dataset_; }
    const std::string& fingerprint() const { return fingerprint_; }
    const std::vector<std::string>& classes() const { return classes_; }
    const std::vector<std::string>& mask_names() const { return mask_names_; }
    const json::object& provenance() const { return provenance_; }
    const std::vector<std::string>& ids() const { return ids_; }
    const std::vector<std::string>& patient_ids() const { return patient_ids_; }

    std::span<const std::uint8_t> images() const { return images_; }     ///< N*S*S
    std::span<const std::int8_t> labels() const { return labels_; }      ///< N*C
    std::span<const std::uint8_t> splits() const { return splits_; }     ///< N
    std::span<const std::int32_t> patients() const { return patients_; } ///< N
    std::span<const std::uint8_t> masks() const { return masks_; }       ///< N*M*S*S or empty
    std::span<const float> boxes() const { return boxes_; }              ///< K*6
    std::span<const std::int8_t> labels_of(std::int64_t film) const {
        return labels_.subspan(film * classes_.size(), classes_.size());
    }
    /// Films of a split, ascending.
    std::vector<std::int64_t> films_of(Split split) const;

private:
    void check() const; ///< values of the small tensors

    Safetensors tensors_;
    std::int64_t films_ = 0, image_size_ = 0;
    std::string dataset_, fingerprint_;
    std::vector<std::string> classes_, mask_names_, ids_, patient_ids_;
    json::object provenance_;
    std::span<const std::uint8_t> images_, splits_, masks_;
    std::span<const std::int8_t> labels_;
    std::span<const std::int32_t> patients_;
    std::span<const float> boxes_;
};

} // namespace mlvicx
