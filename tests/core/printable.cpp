#include "core/printable.h"

#include "tests/support/catch.h"

using namespace mlvicx;

TEST_CASE("printable: characters that steer a terminal, and bytes that are not UTF-8, are shown as escapes", "[unit]") {
    CHECK(printable_text("a\x1b[2Jb\x07") == "a\\x1B[2Jb\\x07");
    CHECK(printable_text("del\x7f") == "del\\x7F");
    CHECK(printable_text("caf\xe9") == "caf\\xE9");
    CHECK(printable_text("two\nlines\tof \xc3\xa9") == "two\nlines\tof \xc3\xa9");
}
