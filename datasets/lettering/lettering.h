#pragma once

#include <opencv2/core.hpp>

#include <cstddef>
#include <string>

namespace mlvicx {

// The text of figures, in any script, UTF-8. Pango draws it where the build has it and the machine has a font;
// otherwise OpenCV, with ? for each character that is not ASCII. Functions may be called on several threads at once.

/// Of figures; BGR.
namespace colours {
inline const cv::Scalar paper(24, 24, 24), ink(235, 235, 235), faint(160, 160, 160);
}

struct TextStyle {
    double scale = 0.4; ///< capitals are 22.5 times as many pixels high: 9
    cv::Scalar colour = colours::ink;
    bool rim = false; ///< a dark outline, so that the text is legible on any picture
};

/// Pixels. Here and wherever text is drawn, bytes that are not UTF-8 are shown as `\xE9`, control characters as blanks.
int text_width(const std::string& text, double scale);

/// Writes from the left end of the baseline. Text wider than `width` pixels is cut between characters as a reader
/// counts them, and ends in "...". If letters are lost, a warning says so, once per process.
void write(cv::Mat& image, const std::string& text, cv::Point at, int width, const TextStyle& style = {});

/// How many characters of the text cannot be drawn: Pango shows boxes for those that no installed font has, OpenCV
/// question marks.
std::size_t missing_letters(const std::string& text);

/// What draws text: "1.50.12, DejaVu Sans", or why it is OpenCV.
std::string lettering_text();

} // namespace mlvicx
