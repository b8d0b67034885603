#include "datasets/decode/decode.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/decode/picture.h"
#include "datasets/dicom/file.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <utility>

namespace mlvicx {

namespace {

/// The luma of equal colours is exactly that grey, so an image is the same in every format.
cv::Mat luma_of(const cv::Mat& pixels) {
    if (pixels.channels() == 1) return pixels;
    cv::Mat luma;
    cv::cvtColor(pixels, luma, pixels.channels() == 4 ? cv::COLOR_BGRA2GRAY : cv::COLOR_BGR2GRAY);
    return luma;
}

std::pair<double, double> extremes(const cv::Mat& plane) {
    double low = 0, high = 0;
    cv::minMaxIdx(plane, &low, &high);
    return {low, high};
}

/// Moves values that fill the upper bits, `bits` of them, to the lower ones.
void lower(cv::Mat& values, int bits) {
    const int empty = 16 - bits;
    for (int y = 0; y < values.rows; ++y)
        for (int x = 0; x < values.cols; ++x) {
            auto& value = values.at<std::uint16_t>(y, x);
            value = static_cast<std::uint16_t>(value >> empty);
        }
}

cv::Mat decode_image(std::span<const std::uint8_t> bytes, const std::string& name, Window window, std::string& rule) {
    const Picture picture = read_picture(bytes, name);
    const ImageHead& head = picture.head;
    cv::Mat image = luma_of(picture.pixels);
    const auto [low, high] = extremes(image);
    bool transparent = false; // in parts: alpha carries information
    if (picture.pixels.channels() == 4) {
        cv::Mat alpha;
        cv::extractChannel(picture.pixels, alpha, 3);
        const auto [least, most] = extremes(alpha);
        transparent = least < most;
    }
    if (transparent && low == high)
        throw BlankImage(fmt::format("{}: its colour is uniform and its picture is in the alpha channel, which is not "
                                     "read; expected the picture in the colours",
                                     name));
    rule = "image, 8 bits unchanged";
    int bits = head.frame != 0 ? static_cast<int>(head.bits) : image.depth() == CV_8U ? 8 : 16;
    if (bits != 8) {
        if (head.significant > 0 && bits == 16 && head.frame == 0) {
            bits = static_cast<int>(head.significant);
            if (high >= (1 << bits)) lower(image, bits);
        }
        GreyScale scale;
        scale.bits = bits;
        const GreyImage grey = grey_levels(image, {}, scale, window);
        image = grey.pixels;
        rule = "image, " + grey.rule;
    }
    if (head.components == 4 && head.frame != 0)
        rule += ", luma of inks (CMYK)";
    else if (picture.pixels.channels() != 1 || head.components == 3)
        rule += ", luma of colours";
    if (transparent) rule += ", alpha ignored";
    if (head.orientation != 1) rule += ", rotated by EXIF orientation";
    return image;
}

} // namespace

cv::Mat decode_image(const std::filesystem::path& file, Window window, std::string* rule, AttributeTexts* attributes) {
    const std::string name = file.string(), text = read_text(file);
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    std::string how;
    AttributeTexts texts;
    const cv::Mat image =
        is_dicom(bytes) ? decode_dicom(bytes, name, window, how, texts) : decode_image(bytes, name, window, how);
    if (rule) *rule = how;
    if (attributes) *attributes = texts;
    return image;
}

cv::Mat resize_image(const cv::Mat& image, int size) {
    // Averaging only when shrinking, in each direction separately: an image may be wide and low.
    cv::Mat smaller = image, result;
    const cv::Size shrunk(std::min(image.cols, size), std::min(image.rows, size));
    if (shrunk != image.size()) cv::resize(image, smaller, shrunk, 0, 0, cv::INTER_AREA);
    if (shrunk == cv::Size(size, size)) return smaller;
    cv::resize(smaller, result, {size, size}, 0, 0, cv::INTER_LINEAR);
    return result;
}

} // namespace mlvicx
