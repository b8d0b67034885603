#pragma once

#include "core/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// SHA-256 of one image's prepared pixels (S*S) and masks (M planes of S*S). An all-zero mask counts as absent, so the
/// many images without a finding cost nothing.
std::string image_digest(std::span<const std::uint8_t> pixels, std::span<const std::uint8_t> masks);

/// The fingerprint of a prepared dataset: SHA-256 over its names (dataset, classes, masks), the SHA-256 of every tensor
/// except images, masks, masked and attributes, and the image digests in order. `names` and `tensors` are hashed in key
/// order.
std::string fingerprint_of(const std::map<std::string, std::string>& names,
                           const std::map<std::string, std::span<const std::byte>>& tensors,
                           const std::vector<std::string>& images);

/// Reads every byte of a prepared file and checks its content against the fingerprint that it carries. Throws UserError
/// if they differ.
void verify_fingerprint(const std::filesystem::path& file, unsigned threads = 0);

} // namespace mlvicx
