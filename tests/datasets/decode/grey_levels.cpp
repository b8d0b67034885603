#include "tests/support/datasets_support.h"

#include "datasets/decode/grey_levels.h"

#include <cmath>

using namespace mlvicx;

namespace {

/// 0..999 in rows of 100.
cv::Mat ramp() {
    cv::Mat values(10, 100, CV_16U);
    for (int i = 0; i < 1000; ++i) values.at<std::uint16_t>(i / 100, i % 100) = static_cast<std::uint16_t>(i);
    return values;
}

GreyScale scale_of(int bits, bool dark_high = false) {
    GreyScale scale;
    scale.bits = bits, scale.dark_high = dark_high;
    return scale;
}

int at(const GreyImage& image, int i) {
    return image.pixels.at<std::uint8_t>(i / image.pixels.cols, i % image.pixels.cols);
}

} // namespace

TEST_CASE("grey levels: deep values range from the 0.5 to the 99.5 percentile, 8 bits are unchanged", "[unit]") {
    // numpy: s = sorted(values); s[5] = 5 and s[-6] = 994 of 1000.
    const GreyImage image = grey_levels(ramp(), {}, scale_of(12), Window::automatic);
    CHECK(image.rule == "0.5 to 99.5 percentile of 12 bits");
    for (int i = 0; i < 1000; ++i) CHECK(at(image, i) == std::lround(255 * std::clamp((i - 5) / 989.0, 0.0, 1.0)));
    const GreyImage full = grey_levels(ramp(), {}, scale_of(12), Window::full);
    CHECK(full.rule == "full range of 12 bits");
    for (int i = 0; i < 1000; ++i) CHECK(at(full, i) == std::lround(255 * i / 4095.0));
    const GreyImage plain = grey_levels(test_image(30, 20), {}, scale_of(8), Window::automatic);
    CHECK(plain.rule == "full range of 8 bits");
    CHECK(cv::norm(plain.pixels, test_image(30, 20), cv::NORM_INF) == 0);
}

TEST_CASE("grey levels: padding is excluded from percentiles and is black, whichever way values run", "[unit]") {
    for (const bool dark_high : {false, true}) {
        const GreyImage image = grey_levels(ramp(), {}, scale_of(12, dark_high), Window::automatic);
        for (const int pad : {0, 5, 994, 4095}) { // also values that occur in the image
            cv::Mat padded(14, 100, CV_16U, cv::Scalar(pad)), padding(14, 100, CV_8U, cv::Scalar(1));
            ramp().copyTo(padded.rowRange(0, 10));
            padding.rowRange(0, 10) = 0;
            const GreyImage other = grey_levels(padded, padding, scale_of(12, dark_high), Window::automatic);
            CHECK(cv::norm(other.pixels.rowRange(0, 10), image.pixels, cv::NORM_INF) == 0);
            CHECK(cv::countNonZero(other.pixels.rowRange(10, 14)) == 0);
            CHECK(other.rule == image.rule + ", padding black");
        }
        const cv::Mat none(10, 100, CV_8U, cv::Scalar(0)), all(10, 100, CV_8U, cv::Scalar(255));
        CHECK(grey_levels(ramp(), none, scale_of(12, dark_high), Window::automatic).rule == image.rule);
        for (const Window window : {Window::automatic, Window::full})
            CHECK(cv::countNonZero(grey_levels(ramp(), all, scale_of(12, dark_high), window).pixels) == 0);
    }
}

TEST_CASE("grey levels: an image of a single value is black, and bits above the significant ones are ignored",
          "[unit]") {
    for (const bool dark_high : {false, true}) {
        const cv::Mat flat(4, 4, CV_16U, cv::Scalar(700));
        CHECK(cv::countNonZero(grey_levels(flat, {}, scale_of(12, dark_high), Window::automatic).pixels) == 0);
    }
    const cv::Mat marked = ramp() + cv::Scalar(0xa000);
    const GreyImage image = grey_levels(ramp(), {}, scale_of(12), Window::automatic);
    CHECK(cv::norm(grey_levels(marked, {}, scale_of(12), Window::automatic).pixels, image.pixels, cv::NORM_INF) == 0);
}

TEST_CASE("grey levels: a requested window is applied, or its absence is in the rule", "[unit]") {
    GreyScale scale = scale_of(12);
    CHECK(grey_levels(ramp(), {}, scale, Window::file).rule ==
          "0.5 to 99.5 percentile of 12 bits, no window in the file");
    scale.window = [](double value) { return value < 500 ? 0.2 : 1; };
    const GreyImage image = grey_levels(ramp(), {}, scale, Window::file);
    CHECK(image.rule == "window of the file on 12 bits");
    CHECK((at(image, 499) == 51 && at(image, 500) == 255));
    CHECK(grey_levels(ramp(), {}, scale, Window::automatic).rule == "0.5 to 99.5 percentile of 12 bits");
}
