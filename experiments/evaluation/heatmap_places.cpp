#include "experiments/evaluation/heatmap_places.h"

#include "core/error.h"

namespace mlvicx {

namespace {

/// The side is halved by every map, and rounded up.
std::int64_t largest_without_places(std::int64_t layer) {
    return std::int64_t{1} << layer;
}

} // namespace

bool shows_places(std::int64_t image_size, std::int64_t layer) {
    return image_size > largest_without_places(layer);
}

void require_places(std::int64_t image_size, std::int64_t layer, const std::string& where) {
    if (!shows_places(image_size, layer))
        user_error(
            "{}: heatmaps from map {} of {} pixels are 1 x 1 pixel, which shows no place; expected images of more "
            "than {} pixels{}",
            where, layer, image_size, largest_without_places(layer),
            layer > 1 ? ", or a lower layer of the heatmaps" : "");
}

} // namespace mlvicx
