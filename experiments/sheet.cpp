#include "experiments/sheet.h"

#include "core/error.h"
#include "core/files.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace mlvicx {

namespace {

constexpr int gap = 10, line = 15, title = 62, caption = 2 * line + 4;
const cv::Scalar paper(24, 24, 24), ink(235, 235, 235), faint(160, 160, 160);

void write(cv::Mat& sheet, std::string text, int x, int y, int width, const cv::Scalar& colour) {
    constexpr double scale = 0.4;
    int baseline = 0;
    while (!text.empty() && cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, 1, &baseline).width > width)
        text.pop_back();
    cv::putText(sheet, text, {x, y}, cv::FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv::LINE_AA);
}

cv::Mat resized(const cv::Mat& image, int side, int enlarging) {
    cv::Mat result;
    cv::resize(image, result, {side, side}, 0, 0, image.cols > side ? cv::INTER_AREA : enlarging);
    return result;
}

} // namespace

Sheet::Sheet(std::size_t rows, std::size_t columns, int picture)
    : picture_(picture), image_(title + static_cast<int>(rows) * (picture + caption + gap),
                                gap + static_cast<int>(columns) * (picture + gap), CV_8UC3, paper) {}

void Sheet::heading(const std::string& text, int row) {
    write(image_, text, gap, line + row * (line + 1), image_.cols - 2 * gap, ink);
}

void Sheet::column(std::size_t column, const std::string& name) {
    write(image_, name, gap + static_cast<int>(column) * (picture_ + gap), title - 5, picture_, faint);
}

void Sheet::draw(std::size_t row, std::size_t column, const cv::Mat& image, const std::string& first,
                 const std::string& second) {
    const int x = gap + static_cast<int>(column) * (picture_ + gap);
    const int y = title + static_cast<int>(row) * (picture_ + caption + gap);
    cv::Mat tile = resized(image, picture_, cv::INTER_NEAREST);
    if (tile.channels() == 1) cv::cvtColor(tile, tile, cv::COLOR_GRAY2BGR);
    tile.copyTo(image_({x, y, picture_, picture_}));
    write(image_, first, x, y + picture_ + line - 2, picture_, ink);
    write(image_, second, x, y + picture_ + 2 * line - 2, picture_, faint);
}

void Sheet::save(const std::filesystem::path& file) const {
    std::vector<std::uint8_t> png;
    ensure(cv::imencode(".png", image_, png), "the sheet could not be encoded");
    write_text(file, {reinterpret_cast<const char*>(png.data()), png.size()});
}

cv::Mat heat_over(const cv::Mat& film, std::span<const float> heat, int side, int picture) {
    ensure(heat.size() == static_cast<std::size_t>(side) * static_cast<std::size_t>(side), "heat is [side, side]");
    const cv::Mat values(side, side, CV_32F, const_cast<float*>(heat.data()));
    cv::Mat amount, bytes, colours, grey, result;
    cv::resize(values, amount, {picture, picture}, 0, 0, cv::INTER_LINEAR);
    amount.convertTo(bytes, CV_8U, 255);
    cv::applyColorMap(bytes, colours, cv::COLORMAP_TURBO);
    cv::cvtColor(resized(film, picture, cv::INTER_CUBIC), grey, cv::COLOR_GRAY2BGR);
    colours.convertTo(colours, CV_32FC3);
    grey.convertTo(grey, CV_32FC3);
    cv::Mat share;
    cv::cvtColor(amount * 0.6, share, cv::COLOR_GRAY2BGR);
    const cv::Mat mixed = grey + share.mul(colours - grey);
    mixed.convertTo(result, CV_8UC3);
    return result;
}

} // namespace mlvicx
