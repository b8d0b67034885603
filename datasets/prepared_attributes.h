#pragma once

#include "core/image_attribute.h"
#include "core/safetensors.h"
#include "datasets/index.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

// Attributes in a prepared file: tensor `attributes` U8 [A, N, W], each text filled up with zero bytes, and the
// metadata entry "attributes" with their names and a digest of their own. The fingerprint does not cover them, so that
// results on files prepared before there were attributes, or from tables without them, keep their identity. All unknown
// values are zero bytes, which take no room on the disk.

/// The layout of the tensor, for `images` images.
TensorInfo attributes_info(std::size_t images);

/// Its bytes.
std::vector<std::uint8_t> attribute_bytes(const DatasetIndex& index);

/// The metadata entry for these bytes.
std::string attribute_metadata(const std::vector<std::uint8_t>& bytes);

/// The attributes that are known of at least one of the file's `images` images; none if the file has no such tensor.
/// Throws UserError if tensor and metadata are damaged or do not belong together.
std::vector<ImageAttribute> read_attributes(const Safetensors& file, std::size_t images);

} // namespace mlvicx
