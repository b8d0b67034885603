#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace mlvicx {

std::string markdown_escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '|') result += '\\';
        result += c == '\n' ? ' ' : c;
    }
    return result;
}

std::string wrapped(const std::string& text, std::size_t width) {
    std::string result;
    std::size_t used = 0;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const bool fits = used + 1 + text_width(word) <= width;
        if (used > 0) result += fits ? ' ' : '\n';
        used = (used > 0 && fits ? used + 1 : 0) + text_width(word);
        result += word;
    }
    return result;
}

std::string percent(std::optional<double> value) {
    return value ? fmt::format("{:.1f}", 100 * *value) : "-";
}

std::size_t text_width(const std::string& text) {
    // Continuation bytes of UTF-8 begin with the bits 10.
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
    const std::size_t used = text_width(text);
    return used >= width ? text : text + std::string(width - used, ' ');
}

} // namespace mlvicx
