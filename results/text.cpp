#include "results/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

std::string markdown_escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '|') result += '\\';
        result += c == '\n' ? ' ' : c;
    }
    return result;
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

std::string csv_number(std::optional<double> value) {
    return value ? fmt::format("{}", *value) : std::string();
}

std::size_t text_width(const std::string& text) {
    // Bytes that go on with a character of UTF-8 begin with the bits 10.
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
    const std::size_t used = text_width(text);
    return used >= width ? text : text + std::string(width - used, ' ');
}

} // namespace mlvicx
