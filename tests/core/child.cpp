#include "tests/support/catch.h"

#include "core/child.h"
#include "tests/support/temporary.h"

#include <fstream>

using namespace mlvicx;

TEST_CASE("child: a program reads its input and ends with its status and errors", "[unit]") {
    const TempFolder folder;
    std::ofstream(folder / "script") << "echo dropped; echo said >&2; exit 3\n";
    const auto end = run_child({"sh"}, folder / "script", 10);
    REQUIRE(end);
    CHECK(end->status == 3);
    CHECK(end->errors == "said\n");
    CHECK_FALSE(end->timed_out);
}

TEST_CASE("child: words are passed as they are, without a shell", "[unit]") {
    const TempFolder folder;
    std::ofstream(folder / "script") << "printf '%s' \"$1\" >&2\n";
    const std::string word = "$(touch proof); `x` 'y' \"z\"";
    const auto end = run_child({"sh", "-s", word}, folder / "script", 10);
    REQUIRE(end);
    CHECK(end->errors == word);
}

TEST_CASE("child: a program that takes too long is killed, a missing one is none", "[unit]") {
    const TempFolder folder;
    std::ofstream(folder / "script") << "exec sleep 60\n";
    const auto end = run_child({"sh"}, folder / "script", 0.2);
    REQUIRE(end);
    CHECK(end->timed_out);
    CHECK(end->status == 128 + 9);
    CHECK_FALSE(run_child({"no-such-program-anywhere"}, folder / "script", 1));
    CHECK(contains(message_of([&] { run_child({"sh"}, folder / "missing", 1); }), "cannot be read"));
}

TEST_CASE("child: much output does not block it", "[unit]") {
    const TempFolder folder;
    std::ofstream(folder / "script") << "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789 "
                                        ">&2; echo out; i=$((i+1)); done\n";
    const auto end = run_child({"sh"}, folder / "script", 30);
    REQUIRE(end);
    CHECK(end->status == 0);
    CHECK(end->errors.size() >= 64U << 10);
    CHECK(end->errors.size() < 70U << 10);
}
