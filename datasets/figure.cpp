#include "datasets/figure.h"

#include "core/error.h"
#include "core/files.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <sstream>

namespace mlvicx {

namespace {

std::string file_of(const cv::Mat& image, const std::string& extension, const std::vector<int>& parameters = {}) {
    std::vector<std::uint8_t> bytes;
    ensure(cv::imencode(extension, image, bytes, parameters), "the figure could not be encoded");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

std::vector<std::string> text_lines(const std::string& text, double scale, int width) {
    std::vector<std::string> lines;
    std::istringstream words(text);
    for (std::string word; words >> word;)
        if (!lines.empty() && text_width(lines.back() + " " + word, scale) <= width)
            lines.back() += " " + word;
        else
            lines.push_back(word);
    return lines;
}

cv::Mat resized(const cv::Mat& image, int side, int enlarging) {
    cv::Mat result;
    cv::resize(image, result, {side, side}, 0, 0, image.cols > side ? cv::INTER_AREA : enlarging);
    return result;
}

std::string short_id(const std::string& id) {
    return id.substr(id.rfind('/') + 1); // npos + 1 is 0
}

cv::Mat tile_of(const cv::Mat& grey, int side) {
    cv::Mat tile;
    cv::cvtColor(resized(grey, side, cv::INTER_CUBIC), tile, cv::COLOR_GRAY2BGR);
    return tile;
}

cv::Mat inside(const cv::Mat& mask, int side) {
    return resized(mask, side, cv::INTER_LINEAR) > 127;
}

void draw_outlines(cv::Mat& tile, const cv::Mat& mask, const cv::Scalar& colour) {
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(mask, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
    cv::drawContours(tile, outlines, -1, colour, 1, cv::LINE_AA);
}

void draw_tint(cv::Mat& tile, const cv::Mat& mask, const cv::Scalar& colour) {
    constexpr double share = 0.22;
    cv::Mat tinted;
    cv::addWeighted(tile, 1 - share, cv::Mat(tile.size(), tile.type(), colour), share, 0, tinted);
    tinted.copyTo(tile, mask);
}

cv::Rect scaled(const cv::Rect2d& box, double scale) {
    return {cvRound(box.x * scale), cvRound(box.y * scale), cvRound(box.width * scale), cvRound(box.height * scale)};
}

Drawing::Drawing(const FigureLayout& layout, const std::vector<std::string>& headings) : layout_(layout) {
    const int room = corner(0, layout.columns).x - 2 * layout.gap, line_height = layout.line + 1;
    std::vector<std::string> lines;
    for (const auto& heading : headings)
        for (auto& line : text_lines(heading, TextStyle().scale, room)) lines.push_back(std::move(line));
    const int more = static_cast<int>(lines.size()) - 2;
    if (more > 0) layout_.above += more * line_height;
    const cv::Point end = corner(layout.rows, layout.columns);
    image_ = cv::Mat(end.y, end.x, CV_8UC3, colours::paper);
    cv::Point at(layout.gap, layout.line);
    for (const auto& line : lines) {
        write(line, at, room);
        at.y += line_height;
    }
}

cv::Point Drawing::corner(std::size_t row, std::size_t column) const {
    return {layout_.gap + static_cast<int>(column) * (layout_.width + layout_.gap),
            layout_.above + static_cast<int>(row) * (layout_.height + layout_.below)};
}

cv::Point Drawing::text_place(std::size_t row, std::size_t column, int line) const {
    return corner(row, column) + cv::Point(0, layout_.height + layout_.baseline + line * layout_.line);
}

void Drawing::write(const std::string& text, cv::Point at, int width, const TextStyle& style) {
    mlvicx::write(image_, text, at, width, style);
}

void Drawing::write_words(const std::vector<StyledWord>& words, cv::Point at, int width, int lines) {
    constexpr int blank = 10;
    int x = 0, row = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& [word, style] = words[i];
        const int wide = text_width(word, style.scale), dots = blank + text_width("...", style.scale);
        const auto room = [&] { return width - x - (row + 1 == lines && i + 1 < words.size() ? dots : 0); };
        if (x > 0 && wide > room()) {
            if (row + 1 == lines) return write("...", at + cv::Point(x, row * layout_.line), width - x, style);
            x = 0, ++row;
        }
        write(word, at + cv::Point(x, row * layout_.line), room(), style);
        x += std::min(wide, room()) + blank;
    }
}

void Drawing::column_name(std::size_t column, const std::string& name) {
    write(name, corner(0, column) - cv::Point(0, 5), layout_.width, {.colour = colours::faint});
}

void Drawing::paste(const cv::Mat& picture, cv::Point corner) {
    cv::Mat place = image_(cv::Rect(corner, picture.size()));
    if (picture.channels() == 1)
        cv::cvtColor(picture, place, cv::COLOR_GRAY2BGR);
    else
        picture.copyTo(place);
}

void Drawing::draw(std::size_t row, std::size_t column, const cv::Mat& picture, const std::string& first,
                   const std::string& second) {
    paste(resized(picture, layout_.width, cv::INTER_NEAREST), corner(row, column));
    write(first, text_place(row, column, 0), layout_.width);
    write(second, text_place(row, column, 1), layout_.width, {.colour = colours::faint});
}

void Drawing::save(const std::filesystem::path& png) const {
    write_text(png, file_of(image_, ".png"));
}

std::string Drawing::encoded(std::size_t largest) const {
    if (auto png = file_of(image_, ".png"); png.size() <= largest) return png;
    for (cv::Mat image = image_;; cv::resize(image, image, {}, 0.75, 0.75, cv::INTER_AREA))
        for (const int quality : {90, 80, 70, 60, 50})
            if (auto jpeg = file_of(image, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
                jpeg.size() <= largest || image.total() < 64)
                return jpeg;
}

} // namespace mlvicx
