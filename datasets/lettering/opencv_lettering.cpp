#include "datasets/lettering/lettering_kinds.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

namespace mlvicx {

namespace {

constexpr auto font = cv::FONT_HERSHEY_SIMPLEX;

bool continues(char byte) { // a character of UTF-8
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// OpenCV's fonts have ASCII only, and would draw a ? for each byte.
std::string drawable(const std::string& text) {
    std::string ascii;
    for (const char byte : text)
        if (!continues(byte)) ascii += static_cast<unsigned char>(byte) < 0x80 ? byte : '?';
    return ascii;
}

int width(const std::string& text, double scale) {
    int below_baseline = 0;
    return cv::getTextSize(drawable(text), font, scale, 1, &below_baseline).width;
}

void draw(cv::Mat& image, const std::string& text, cv::Point at, const TextStyle& style) {
    const auto letters = drawable(text);
    if (style.rim) cv::putText(image, letters, at, font, style.scale, colours::paper, 3, cv::LINE_AA);
    cv::putText(image, letters, at, font, style.scale, style.colour, 1, cv::LINE_AA);
}

std::vector<std::size_t> ends_of(const std::string& text) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 1; i <= text.size(); ++i)
        if (i == text.size() || !continues(text[i])) ends.push_back(i);
    return ends;
}

std::size_t missing(const std::string& text) {
    std::size_t count = 0;
    for (const char byte : text) count += !continues(byte) && static_cast<unsigned char>(byte) >= 0x80;
    return count;
}

} // namespace

Lettering opencv_lettering(const std::string& reason, const std::string& remedy) {
    return {.description = fmt::format("{}: figures have ? for letters outside ASCII ({})", reason, remedy),
            .loss = fmt::format("letters outside ASCII, which are drawn as ? ({})", remedy),
            .width = width,
            .draw = draw,
            .missing = missing,
            .ends = ends_of};
}

} // namespace mlvicx
