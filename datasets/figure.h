#pragma once

#include "datasets/lettering/lettering.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

// The suite's figures: pictures in rows and columns on a dark background, text above and below. Colours are BGR.

/// The text in lines of at most `width` pixels, broken at blanks; a wider word has a line of its own.
std::vector<std::string> text_lines(const std::string& text, double scale, int width);

/// [side, side], by area averaging when shrinking, by `enlarging` (cv::InterpolationFlags) otherwise.
cv::Mat resized(const cv::Mat& image, int side, int enlarging);
/// The name of an image in figures, which have no room for its folders: "00000001_000.png".
std::string short_id(const std::string& id);
/// A grey image as BGR [side, side] to be drawn on.
cv::Mat tile_of(const cv::Mat& grey, int side);

/// The inside of a mask (u8, 0 or 255) of any size: u8 [side, side], 0 or 255.
cv::Mat inside(const cv::Mat& mask, int side);
/// Draws the outlines of such a mask, holes included, on a tile of the same size.
void draw_outlines(cv::Mat& tile, const cv::Mat& mask, const cv::Scalar& colour);
/// Tints the inside of such a mask, so that the image stays visible and overlaps can be told apart.
void draw_tint(cv::Mat& tile, const cv::Mat& mask, const cv::Scalar& colour);
/// A box in the pixels of a tile that shows its image `scale` times as large.
cv::Rect scaled(const cv::Rect2d& box, double scale);

using StyledWord = std::pair<std::string, TextStyle>;

/// In pixels. The defaults suit a figure with two lines of text below each cell.
struct FigureLayout {
    std::size_t rows = 1, columns = 1;
    int width = 256, height = 256; ///< of a cell, which may hold pictures side by side
    int above = 62, below = 44;    ///< room above the first row, for two lines of headings, and below each row
    int gap = 10;                  ///< between columns and at both sides
    int baseline = 13, line = 15;  ///< of text: from a cell's lower edge to the first line, and from line to line
};

class Drawing {
public:
    /// `headings` are written above everything, one below the other, those that are wider than the figure in several
    /// lines; from the third line on, they make more room for themselves.
    explicit Drawing(const FigureLayout& layout, const std::vector<std::string>& headings = {});
    int width() const { return image_.cols; } ///< in pixels, of the whole figure

    cv::Point corner(std::size_t row, std::size_t column) const;
    /// Where line 0, 1, ... of the text below a cell begins.
    cv::Point text_place(std::size_t row, std::size_t column, int line) const;
    void write(const std::string& text, cv::Point at, int width, const TextStyle& style = {});
    /// Writes words, each in its style, wrapped at `width` over at most `lines` lines; "..." stands for those without
    /// room.
    void write_words(const std::vector<StyledWord>& words, cv::Point at, int width, int lines);
    void column_name(std::size_t column, const std::string& name);
    void paste(const cv::Mat& picture, cv::Point corner); ///< grey or BGR
    /// Draws a picture as large as its cell (pixels are repeated if it is smaller) with two lines of text below it.
    void draw(std::size_t row, std::size_t column, const cv::Mat& picture, const std::string& first,
              const std::string& second);
    /// Writes a PNG file. Throws UserError if that fails.
    void save(const std::filesystem::path& png) const;
    /// A file of at most `largest` bytes: PNG, or JPEG in the best quality that fits, made smaller if none does.
    std::string encoded(std::size_t largest) const;

private:
    FigureLayout layout_;
    cv::Mat image_;
};

} // namespace mlvicx
