#include "datasets/prepared_pixels.h"

namespace mlvicx {

PreparedPixels prepared_pixels(const std::filesystem::path& file, int side, Window window) {
    PreparedPixels image;
    const cv::Mat whole = decode_image(file, window, &image.rule, &image.attributes);
    image.decoded = whole.size();
    image.pixels = resize_image(whole, side);
    double least = 0, most = 0;
    cv::minMaxIdx(image.pixels, &least, &most);
    if (least == most)
        throw BlankImage(fmt::format("{}: all of its {} x {} prepared pixels are {}, expected a picture", file.string(),
                                     side, side, least));
    return image;
}

} // namespace mlvicx
