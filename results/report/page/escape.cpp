#include "results/report/page/escape.h"

#include "core/utf8.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>
#include <map>

namespace mlvicx {

namespace {

/// The character at `at`, which moves past it. `text` is UTF-8.
std::uint32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t first = byte(at++);
    if (first < 0x80) return first;
    std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    std::uint32_t code = first & (0x3fU >> more);
    for (; more > 0; --more) code = code << 6 | (byte(at++) & 0x3f);
    return code;
}

} // namespace

std::string html_escaped(std::string_view text) {
    std::string result;
    for (const char c : printable_utf8(text)) switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            if (static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t')
                result += c;
            else
                result += fmt::format("\\x{:02X}", static_cast<unsigned>(c));
        }
    return result;
}

std::string latex_escaped(std::string_view text) {
    // "[" and "*" after the end of a line would be its arguments.
    static const std::map<std::uint32_t, const char*> special = {{'\\', "\\textbackslash{}"},
                                                                 {'{', "\\{"},
                                                                 {'}', "\\}"},
                                                                 {'$', "\\$"},
                                                                 {'&', "\\&"},
                                                                 {'#', "\\#"},
                                                                 {'%', "\\%"},
                                                                 {'_', "\\_"},
                                                                 {'~', "\\textasciitilde{}"},
                                                                 {'^', "\\textasciicircum{}"},
                                                                 {'<', "$<$"},
                                                                 {'>', "$>$"},
                                                                 {'|', "$|$"},
                                                                 {'"', "''"},
                                                                 {'[', "{[}"},
                                                                 {']', "{]}"},
                                                                 {'*', "{*}"},
                                                                 {'\n', " "},
                                                                 {'\t', " "},
                                                                 {0x2013, "--"},
                                                                 {0x2014, "---"},
                                                                 {0xb1, "$\\pm$"},
                                                                 {0xd7, "$\\times$"},
                                                                 {0x2026, "\\ldots{}"},
                                                                 {0x2020, "\\dag{}"},
                                                                 {0x2248, "$\\approx$"},
                                                                 {0x2212, "$-$"},
                                                                 {0x25b2, "$\\uparrow$"},
                                                                 {0x25bc, "$\\downarrow$"},
                                                                 {0x2192, "$\\rightarrow$"}};
    const std::string clean = printable_utf8(text);
    std::string result;
    for (std::size_t at = 0; at < clean.size();) {
        const std::size_t begin = at;
        const auto code = next_character(clean, at);
        if (const auto found = special.find(code); found != special.end())
            result += found->second;
        else if ((code >= ' ' && code < 0x7f) || (code >= 0xc0 && code <= 0xff))
            result += clean.substr(begin, at - begin);
        else
            result += fmt::format("{{[}}U+{:04X}{{]}}", code);
    }
    return result;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t block = 0;
        for (std::size_t k = 0; k < 3; ++k)
            block = block << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[block >> (18 - 6 * k) & 63];
    }
    return text;
}

std::string file_stem(std::string_view text) {
    std::string stem;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80)
            stem += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!stem.empty() && stem.back() != '-')
            stem += '-';
    }
    stem = stem.substr(0, 80);
    while (!stem.empty() && stem.back() == '-') stem.pop_back();
    return stem.empty() ? "x" : stem;
}

} // namespace mlvicx
