#include "core/printable.h"

#include "core/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

bool steers(char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code != 0 && code < 0x20 && c != '\n' && c != '\t' && c != '\r') || code == 0x7f;
}

} // namespace

std::string printable_text(std::string_view text) {
    std::string result = printable_utf8(text);
    if (std::none_of(result.begin(), result.end(), steers)) return result;
    std::string shown;
    for (const char c : result)
        shown += steers(c) ? fmt::format("\\x{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
    return shown;
}

} // namespace mlvicx
