#pragma once

#include "core/image_attribute.h"
#include "core/safetensors.h"
#include "datasets/index.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Everything that training and evaluation see of a dataset: one safetensors file, memory-mapped.
///
///     images      U8  [N, S, S]      grey images
///     labels      I8  [N, C]         1 present, 0 absent, -1 unknown
///     split       U8  [N]            0 train, 1 validation, 2 test
///     patient     I32 [N]            index into patient_ids
///     masked      U8  [N, M]         1: this mask of the image is not empty; only if the dataset has masks
///     masks       U8  [K, S, S]      0 or 255, the K masks with 1 in their order
///     boxes       F32 [K, 6]         image, class, x, y, width, height in prepared pixels; may have no rows
///     ids         U8  [bytes]        image ids, one per line
///     patient_ids U8  [bytes]        patient ids, one per line
///     attributes  U8  [A, N, W]      optional: sex, age and view (prepared_attributes.h)
///
/// Metadata: format ("mlvicx-bench prepared 1"), dataset, classes, mask_names, provenance (JSON texts), fingerprint,
/// attributes, and file_names (one per line) if the image files have other names than the ids.
///
/// Older files have no tensor `masked` and all masks, [N, M, S, S].
class PreparedDataset {
public:
    /// Opens and checks everything but the pixels. Throws UserError.
    explicit PreparedDataset(const std::filesystem::path& file);

    const std::filesystem::path& file() const { return tensors_.file(); }
    std::int64_t size() const { return count_; }            ///< N
    std::int64_t image_size() const { return image_size_; } ///< S
    const std::string& dataset() const { return dataset_; }
    const std::string& fingerprint() const { return fingerprint_; }
    const std::vector<std::string>& classes() const { return classes_; }
    const std::vector<std::string>& mask_names() const { return mask_names_; }
    const json::object& provenance() const { return provenance_; }
    const std::vector<std::string>& ids() const { return ids_; } ///< N
    /// What is known of the images besides findings, each with N values: those of "sex", "age" and "view" that at least
    /// one image has. Not part of the fingerprint.
    const std::vector<ImageAttribute>& attributes() const { return attributes_; }
    const std::vector<std::string>& patient_ids() const { return patient_ids_; }
    /// N names of image files without suffix; empty if they are those of the ids.
    const std::vector<std::string>& file_names() const { return file_names_; }

    // Of image i, from 0 to N - 1.
    const std::string& id(std::int64_t i) const { return ids_[static_cast<std::size_t>(i)]; }
    Split split(std::int64_t i) const { return static_cast<Split>(splits_[static_cast<std::size_t>(i)]); }
    /// Index into patient_ids().
    std::size_t patient_index(std::int64_t i) const {
        return static_cast<std::size_t>(patients_[static_cast<std::size_t>(i)]);
    }
    const std::string& patient(std::int64_t i) const { return patient_ids_[patient_index(i)]; }
    std::span<const std::int8_t> labels(std::int64_t i) const {
        return labels_.subspan(static_cast<std::size_t>(i) * classes_.size(), classes_.size());
    }
    /// [S, S], a view of the mapped file: read-only, and valid only as long as this object lives.
    cv::Mat1b image(std::int64_t i) const;
    /// The same for mask m of mask_names().
    cv::Mat1b mask(std::int64_t i, std::size_t m) const;
    /// All masks of an image, a copy: M*S*S.
    std::vector<std::uint8_t> masks(std::int64_t i) const;
    /// The row of mask m in masks(); -1 if it is empty and not stored.
    std::int64_t mask_row(std::int64_t i, std::size_t m) const;
    /// Whether empty masks are stored too, as in older files.
    bool stores_all_masks() const { return masked_.empty(); }
    /// In prepared pixels, in the file's order.
    std::span<const Box> boxes(std::int64_t i) const;

    std::span<const std::uint8_t> images() const { return images_; } ///< N*S*S
    std::span<const std::int8_t> labels() const { return labels_; }  ///< N*C
    std::span<const std::uint8_t> masks() const { return masks_; }   ///< K*S*S or empty; see mask_row
    const std::vector<Box>& boxes() const { return boxes_; }         ///< K, by image
    /// Images of a split, ascending.
    std::vector<std::int64_t> images_of(Split split) const;

private:
    void read_masks();
    void check() const; ///< values of the small tensors
    std::vector<Box> read_boxes() const;
    cv::Mat1b plane(std::span<const std::uint8_t> planes, std::size_t number) const;

    Safetensors tensors_;
    std::int64_t count_ = 0, image_size_ = 0;
    std::string dataset_, fingerprint_;
    std::vector<std::string> classes_, mask_names_, ids_, patient_ids_, file_names_;
    json::object provenance_;
    std::span<const std::uint8_t> images_, splits_, masks_, masked_;
    std::vector<std::int64_t> mask_starts_; ///< N: the row of the image's first mask, if masked_ is not empty
    std::vector<std::uint8_t> no_mask_;     ///< an empty mask, S*S
    std::span<const std::int8_t> labels_;
    std::span<const std::int32_t> patients_;
    std::vector<Box> boxes_;
    std::vector<ImageAttribute> attributes_;
};

} // namespace mlvicx
