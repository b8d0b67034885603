#include "datasets/audit/perceptual_hash.h"

#include "datasets/decode/decode.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr int transformed = 16, lowest = 3; ///< frequencies u, v < 16 with u + v >= 3 are kept
constexpr double flat = 1.0;                ///< standard deviation in grey levels below which an image is blank

/// The kept frequencies, row by row, scaled to unit length.
cv::Mat1f spectrum_of(const cv::Mat1f& contrast) {
    cv::Mat1f all;
    cv::dct(contrast, all);
    cv::Mat1f kept(1, ImageSketch::frequencies);
    int at = 0;
    for (int v = 0; v < transformed; ++v)
        for (int u = 0; u < transformed; ++u)
            if (u + v >= lowest) kept(0, at++) = all(v, u) * std::hypot(static_cast<float>(u), static_cast<float>(v));
    CV_Assert(at == ImageSketch::frequencies);
    return kept / std::max(cv::norm(kept), 1e-6);
}

cv::Mat as_image(const ImageSketch& sketch) {
    return {ImageSketch::side, ImageSketch::side, CV_8U, const_cast<std::uint8_t*>(sketch.thumbnail.data())};
}

} // namespace

cv::Mat1f local_contrast(const ImageSketch& sketch) {
    // Standardised first, so that the same small standard deviation counts as flat in a dark image and in a bright one.
    constexpr double standard = 50, reach = 2, floor = 2;
    cv::Scalar mean, deviation;
    cv::meanStdDev(as_image(sketch), mean, deviation);
    const double scale = standard / std::max(deviation[0], flat);
    cv::Mat1f image, smooth, square;
    as_image(sketch).convertTo(image, CV_32F, scale, -mean[0] * scale);
    cv::GaussianBlur(image, smooth, {}, reach);
    image -= smooth;
    cv::GaussianBlur(image.mul(image), square, {}, reach);
    cv::sqrt(square, square);
    return image / (square + floor);
}

ImageSketch::Spectrum in_steps(const cv::Mat1f& spectrum) {
    ImageSketch::Spectrum kept{};
    for (int i = 0; i < ImageSketch::frequencies; ++i)
        kept[static_cast<std::size_t>(i)] =
            static_cast<std::int8_t>(std::clamp(std::lround(ImageSketch::steps * spectrum(0, i)), -127L, 127L));
    return kept;
}

ImageSketch sketch_image(std::span<const std::uint8_t> pixels, int side) {
    ImageSketch sketch;
    const cv::Mat image(side, side, CV_8U, const_cast<std::uint8_t*>(pixels.data()));
    cv::Mat thumbnail = as_image(sketch);
    resize_image(image, ImageSketch::side).copyTo(thumbnail);
    cv::Scalar mean, deviation;
    cv::meanStdDev(thumbnail, mean, deviation);
    sketch.blank = deviation[0] < flat;
    sketch.coarse = side < ImageSketch::side;
    if (sketch.blank) return sketch;
    const cv::Mat1f spectrum = spectrum_of(local_contrast(sketch));
    for (int i = 0; i < ImageSketch::frequencies; ++i)
        if (spectrum(0, i) > 0) sketch.hash[static_cast<std::size_t>(i) / 64] |= std::uint64_t{1} << i % 64;
    sketch.spectrum = in_steps(spectrum);
    return sketch;
}

double spectrum_correlation(const ImageSketch::Spectrum& a, const ImageSketch::Spectrum& b) {
    std::int32_t product = 0, square_a = 0, square_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += a[i] * b[i];
        square_a += a[i] * a[i];
        square_b += b[i] * b[i];
    }
    const double length = std::sqrt(static_cast<double>(square_a) * square_b);
    return length > 0 ? product / length : 0;
}

} // namespace mlvicx
