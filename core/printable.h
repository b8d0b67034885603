#pragma once

#include <string>
#include <string_view>

namespace mlvicx {

/// Text that anyone may have written, to be shown in a terminal: bytes that are not UTF-8 (printable_utf8), and control
/// characters except line ends and tabs, which could move a cursor or begin a command, become "\xE9".
std::string printable_text(std::string_view text);

} // namespace mlvicx
