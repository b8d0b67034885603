#pragma once

#include <cstdint>
#include <string>

namespace mlvicx {

/// Throws UserError beginning with `where` if a ResNet's map `layer` of images of `image_size` pixels is 1 x 1 pixel: a
/// heatmap from it shows no place.
void require_places(std::int64_t image_size, std::int64_t layer, const std::string& where);

} // namespace mlvicx
