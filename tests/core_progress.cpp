#include "tests/catch.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "tests/temporary.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

using namespace mlvicx;

namespace {

/// What `work` writes to standard error, which is no terminal meanwhile.
template <typename Work> std::string errors_of(Work&& work) {
    const TempFolder folder;
    const auto file = folder / "stderr";
    const int saved = ::dup(2), target = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(target, 2);
    work();
    std::fflush(stderr);
    ::dup2(saved, 2);
    ::close(saved);
    ::close(target);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

} // namespace

TEST_CASE("progress: elsewhere than on a terminal it is plain lines, counted right from many threads", "[unit]") {
    const std::string text = errors_of([] {
        Progress progress("decode", 500, "images");
        parallel_for(500, 4, [&](std::size_t) { progress.advance(1, "last note"); });
    });
    CHECK(contains(text, "decode: 500/500 images"));
    CHECK(contains(text, "last note"));
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find('\033') == std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("progress: --quiet silences bars and lines", "[unit]") {
    const std::string text = errors_of([] {
        set_quiet(true);
        say("a line with {}", 1);
        Progress("work", 1, "steps").advance();
        set_quiet(false);
        say("spoken again");
    });
    CHECK(text == "spoken again\n");
}

TEST_CASE("progress: durations are for people", "[unit]") {
    CHECK(duration_text(0) == "0 s");
    CHECK(duration_text(59.4) == "59 s");
    CHECK(duration_text(59.6) == "1 min 00 s");
    CHECK(duration_text(200) == "3 min 20 s");
    CHECK(duration_text(3900) == "1 h 05 min");
    CHECK(duration_text(360'000) == "100 h 00 min");
}
