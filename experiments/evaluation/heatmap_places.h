#pragma once

#include <cstdint>
#include <string>

namespace mlvicx {

/// Whether a ResNet's map `layer` of images of `image_size` pixels is larger than a single pixel: a heatmap from it
/// shows places.
bool shows_places(std::int64_t image_size, std::int64_t layer);

/// Throws UserError beginning with `where` unless shows_places.
void require_places(std::int64_t image_size, std::int64_t layer, const std::string& where);

} // namespace mlvicx
