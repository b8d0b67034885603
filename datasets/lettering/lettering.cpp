#include "datasets/lettering/lettering.h"

#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/lettering/lettering_kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace mlvicx {

namespace {

const Lettering& lettering() {
#ifdef MLVICX_HAS_PANGO
    static const Lettering chosen = pango_lettering();
#else
    static const Lettering chosen = opencv_lettering("not built in", "libpango1.0-dev, then build again");
#endif
    return chosen;
}

/// What is shown of a text: a single line of UTF-8.
std::string line_of(const std::string& text) {
    auto line = printable_utf8(text);
    const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; };
    std::replace_if(line.begin(), line.end(), is_control, ' ');
    return line;
}

/// The longest beginning that fits into `width` pixels with the dots after it; only the dots if none does.
std::string fitted(const std::string& text, double scale, int width) {
    if (lettering().width(text, scale) <= width) return text;
    const auto shortened = [&](std::size_t bytes) { return text.substr(0, bytes) + lettering().dots; };
    const auto fits = [&](std::size_t bytes) { return lettering().width(shortened(bytes), scale) <= width; };
    const auto ends = lettering().ends(text);
    auto cut = std::partition_point(ends.begin(), ends.end(), fits);
    // A joined script may be narrower with one more letter, so that the widths do not strictly grow.
    while (cut != ends.begin() && !fits(*std::prev(cut))) --cut;
    return shortened(cut == ends.begin() ? 0 : *std::prev(cut));
}

} // namespace

int text_width(const std::string& text, double scale) {
    return lettering().width(line_of(text), scale);
}

void write(cv::Mat& image, const std::string& text, cv::Point at, int width, const TextStyle& style) {
    const std::string shown = fitted(line_of(text), style.scale, width);
    if (shown.empty()) return;
    if (lettering().missing(shown) > 0) {
        static std::once_flag warned;
        std::call_once(warned, [&] { say("figures: \"{}\" has {}", shown, lettering().loss); });
    }
    lettering().draw(image, shown, at, style);
}

std::size_t missing_letters(const std::string& text) {
    return lettering().missing(line_of(text));
}

std::string lettering_text() {
    return lettering().description;
}

} // namespace mlvicx
