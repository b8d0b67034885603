#include "tests/support/catch.h"

#include "core/utf8.h"

using namespace mlvicx;

// Expected values: Python's bytes.decode("utf-8"), whose UnicodeDecodeError names the same position.
TEST_CASE("utf8: the first byte that is not part of a character is found", "[reference]") {
    for (const std::string_view text :
         {"", "plain", "\xC2\x80\xDF\xBF", "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"})
        CHECK_FALSE(invalid_utf8(text));
    const auto at = [](std::string_view text) { return invalid_utf8(text).value_or(99); };
    CHECK(at("ab\xE9") == 2);               // Latin-1
    CHECK(at("a\xC3(") == 1);               // an unfinished character
    CHECK(at("\xC0\xAF") == 0);             // not the shortest form
    CHECK(at("\xE0\x9F\xBF") == 0);         // not the shortest form
    CHECK(at("x\xED\xA0\x80") == 1);        // a surrogate
    CHECK(at("\xF4\x90\x80\x80") == 0);     // above U+10FFFF
    CHECK(at("\xC3\xA9\xF0\x9F\xAB") == 2); // cut off
    CHECK(at("\x80") == 0);
}

TEST_CASE("utf8: invalid bytes are written as digits, also within JSON text", "[unit]") {
    CHECK(printable_utf8("R\xF6ntgen \xC3\xA9\xFF") == "R\\xF6ntgen \xC3\xA9\\xFF");
    CHECK(printable_utf8("\"R\xF6\"", "\\\\x") == "\"R\\\\xF6\"");
    CHECK(utf8_prefix("\xC3\xA9\xC3\xA9", 3) == "\xC3\xA9");
    CHECK(utf8_prefix("abc", 9) == "abc");
}

TEST_CASE("utf8: invalid UTF-16 gives no text", "[unit]") {
    CHECK(utf8_from_utf16(std::string_view("a\0", 2), true) == "a");
    CHECK_FALSE(utf8_from_utf16("abc", true));
    CHECK_FALSE(utf8_from_utf16(std::string_view("\0\xD8", 2), true)); // half a pair
    CHECK_FALSE(utf8_from_utf16(std::string_view("\0\xDC"
                                                 "a\0",
                                                 4),
                                true)); // the other half
}
