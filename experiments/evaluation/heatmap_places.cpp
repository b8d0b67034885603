#include "experiments/evaluation/heatmap_places.h"

#include "core/error.h"

namespace mlvicx {

void require_places(std::int64_t image_size, std::int64_t layer, const std::string& where) {
    const std::int64_t halved = std::int64_t{1} << layer; // the side is halved by every map, and rounded up
    if (image_size <= halved)
        user_error(
            "{}: heatmaps from map {} of {} pixels are 1 x 1 pixel, which shows no place; expected images of more "
            "than {} pixels{}",
            where, layer, image_size, halved, layer > 1 ? ", or a lower layer of the heatmaps" : "");
}

} // namespace mlvicx
