#pragma once

#include <opencv2/core.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Square pictures in rows and columns on dark paper, two lines of text below each.
class Sheet {
public:
    Sheet(std::size_t rows, std::size_t columns, int picture); ///< pixels of a picture's side
    int picture() const { return picture_; }
    void heading(const std::string& text, int row); ///< row 0 or 1
    void column(std::size_t column, const std::string& name);
    /// `image` [s, s], CV_8U or CV_8UC3 (BGR), is resized. Text is cut where it is wider than the picture.
    void draw(std::size_t row, std::size_t column, const cv::Mat& image, const std::string& first,
              const std::string& second);
    /// Writes a PNG file. Throws UserError where that cannot be done.
    void save(const std::filesystem::path& file) const;

private:
    int picture_;
    cv::Mat image_;
};

/// A heatmap [side, side] of values 0..1 laid over a grey film of any size, in BGR, `picture` pixels wide: the hotter,
/// the more of OpenCV's colour map Turbo and the less of the film.
cv::Mat heat_over(const cv::Mat& film, std::span<const float> heat, int side, int picture);

} // namespace mlvicx
