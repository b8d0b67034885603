#pragma once

#include "datasets/lettering/lettering.h"

#include <vector>

namespace mlvicx {

/// What draws text. All texts are well-formed UTF-8 and a single line.
struct Lettering {
    std::string description; ///< for lettering_text
    std::string loss;        ///< what becomes of missing letters, and the remedy, for the warning
    int (*width)(const std::string& text, double scale) = nullptr;
    void (*draw)(cv::Mat& image, const std::string& text, cv::Point at, const TextStyle& style) = nullptr;
    std::size_t (*missing)(const std::string& text) = nullptr;
    /// Stands for what is cut off. With Pango a right-to-left mark follows, which puts the dots after a cut name that
    /// is read from right to left at its left, and changes nothing after others.
    const char* dots = "...";
    /// The ends of the text's characters, as offsets in bytes, ascending.
    std::vector<std::size_t> (*ends)(const std::string& text) = nullptr;
};

/// `reason` and `remedy`: why it is not Pango.
Lettering opencv_lettering(const std::string& reason, const std::string& remedy);

/// Pango, or OpenCV if this machine has no font. Only in builds with Pango.
Lettering pango_lettering();

} // namespace mlvicx
