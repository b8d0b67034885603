#pragma once

#include "core/safetensors.h"
#include "datasets/index.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Marks a file as a prepared dataset and gives its format version.
inline constexpr const char* prepared_format = "mlvicx-bench prepared 1";

/// Everything in a prepared dataset except pixels and attributes, as stored (see prepared.h).
struct PreparedTables {
    std::vector<std::uint8_t> split;
    std::vector<std::int32_t> patient;
    std::vector<std::int8_t> labels;
    std::vector<float> boxes;
    std::string ids, patient_ids;

    std::map<std::string, std::span<const std::byte>> bytes() const; ///< by tensor name
};

/// `sizes`: each image's size as decoded, for boxes given in an image's own pixels; if it is empty, boxes are left at
/// zero (their number is known before any image is decoded). `side`: of the prepared image.
PreparedTables tables_of(const DatasetIndex& index, const std::vector<cv::Size>& sizes, int side);

/// The tensors of the prepared file. The last one has the masks, with room for all of every image.
std::vector<TensorInfo> tensors_of(const DatasetIndex& index, int side);

/// The names of the image files without their suffix, one per line, for lists that name files; empty if they are the
/// same as those of the ids. They say where images came from, so they are not part of the fingerprint.
std::string file_names_of(const DatasetIndex& index);

/// Names and provenance as metadata strings; without the fingerprint.
std::map<std::string, std::string> names_of(const DatasetIndex& index);

} // namespace mlvicx
