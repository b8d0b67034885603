#include "datasets/decode/exif.h"

#include "datasets/decode/bytes.h"

#include <string_view>

namespace mlvicx {

int exif_orientation(std::span<const std::uint8_t> tiff) {
    using namespace std::string_view_literals;
    constexpr std::uint32_t orientation = 0x0112, u16 = 3, u32 = 4, highest = 8;
    constexpr std::size_t entry = 12; // tag, type, count, value
    if (has_text(tiff, 0, "Exif\0\0"sv)) tiff = tiff.subspan(6);
    const bool big = has_text(tiff, 0, "MM\0*"sv);
    if (!big && !has_text(tiff, 0, "II*\0"sv)) return 1;
    const auto number = [&](std::size_t at, std::size_t count) { // 0 past the end: no tag, no type, no entries
        return at > tiff.size() || count > tiff.size() - at ? 0 : number_at(tiff, at, count, big);
    };
    const std::size_t directory = number(4, 4), entries = number(directory, 2);
    for (std::size_t k = 0; k < entries; ++k) {
        const std::size_t at = directory + 2 + k * entry;
        if (number(at, 2) != orientation) continue;
        const std::uint32_t type = number(at + 2, 2), value = number(at + 8, type == u32 ? 4 : 2);
        return (type == u16 || type == u32) && value >= 1 && value <= highest ? static_cast<int>(value) : 1;
    }
    return 1;
}

cv::Mat turned(const cv::Mat& pixels, int orientation) {
    constexpr int upside_down = 0, mirror = 1, both = -1;
    if (orientation == 1) return pixels;
    cv::Mat result = pixels;
    if (orientation >= 5) cv::transpose(pixels, result);
    switch (orientation) {
    case 2:
    case 6:
        cv::flip(result, result, mirror);
        break;
    case 3:
    case 7:
        cv::flip(result, result, both);
        break;
    case 4:
    case 8:
        cv::flip(result, result, upside_down);
        break;
    default:
        break; // 5 is the transpose
    }
    return result;
}

} // namespace mlvicx
