#include "tests/support/catch.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

using namespace mlvicx;

namespace {

/// What `work` writes to standard error, which is not a terminal meanwhile.
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

TEST_CASE("progress: without a terminal it prints plain lines, counted correctly from many threads", "[unit]") {
    const std::string text = errors_of([] {
        Progress progress("decode", 500, "images");
        parallel_for(500, 4, [&](std::size_t i) {
            if (i == 400) std::this_thread::sleep_for(std::chrono::milliseconds(2100));
            progress.advance(1, "last note");
        });
    });
    CHECK(contains(text, "decode: 500/500 images"));
    CHECK(contains(text, "last note"));
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find('\033') == std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("progress: without a terminal it prints a line per part, at most one a second; a short job leaves nothing",
          "[unit]") {
    const auto lines = [](std::int64_t part) {
        const std::string text = errors_of([&] {
            Progress progress("train", 60, "images", 20, part); // continues at 20
            for (int i = 0; i < 4; ++i) {
                std::this_thread::sleep_for(std::chrono::milliseconds(i == 3 ? 0 : 1010));
                progress.advance(10);
            }
        });
        return std::pair(std::count(text.begin(), text.end(), '\n'), text);
    };
    const auto [few, text] = lines(20);
    CHECK(few == 2); // 40 of 60, and the end: 60 came in the same second
    CHECK(contains(text, "train: 40/60 images, 9.9/s") + contains(text, "train: 40/60 images, 10/s") == 1);
    CHECK(contains(text, "2 s left"));
    CHECK(lines(1).first == 4); // 30, 40, 50 and the end
    CHECK(errors_of([] { Progress("train", 5, "images").advance(5); }).empty());
}

TEST_CASE("progress: a line fits the available columns, with the most important words kept", "[unit]") {
    ProgressState state{"pre-training", "images", "epoch 12/40, loss 4.421", 12'000, 40'000, 45, -1};
    CHECK(progress_line(state, 0) ==
          "pre-training: 12000/40000 images, 45/s, 10 min 22 s left, epoch 12/40, loss 4.421");
    CHECK(progress_line(state, 119) ==
          "[#######.................] "
          "pre-training: 12000/40000 images, 45/s, 10 min 22 s left, epoch 12/40, loss 4.421");
    CHECK(progress_line(state, 79) == "pre-training: 12000/40000 images, 10 min 22 s left, epoch 12/40, loss 4.421");
    CHECK(progress_line(state, 39) == "pre-training: 30 %, 10 min 22 s left");
    CHECK(progress_line(state, 20) == "pre-training: 30 %");
    CHECK(progress_line(state, 9) == "30 %");
    CHECK(progress_line(state, 2) == "30");
    state.label = "Lungenentz\xC3\xBCndung"; // 16 characters in 17 bytes
    CHECK(progress_line(state, 22) == "Lungenentz\xC3\xBCndung: 30 %");
    CHECK(progress_line(state, 21) == "[####..........] 30 %");
    for (std::size_t columns = 1; columns < 150; ++columns) {
        INFO(columns);
        const auto line = progress_line(state, columns);
        const auto characters = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
        CHECK(characters <= static_cast<std::ptrdiff_t>(columns));
        CHECK_FALSE(line.empty());
    }
    state.seconds = 890; // at the end: the time it took
    state.done = 40'000;
    CHECK(contains(progress_line(state, 0), "40000/40000 images, 45/s, 14 min 50 s, epoch"));
}

TEST_CASE("progress: --quiet silences bars and lines, not errors", "[unit]") {
    const std::string text = errors_of([] {
        set_quiet(true);
        say("a line with {}", 1);
        Progress("work", 1, "steps").advance();
        complain("an error is told");
        set_quiet(false);
        say("spoken again");
    });
    CHECK(text == "mlvicx-bench: an error is told\nspoken again\n");
}

TEST_CASE("progress: durations are human-readable", "[unit]") {
    CHECK(duration_text(0) == "0 s");
    CHECK(duration_text(59.4) == "59 s");
    CHECK(duration_text(59.6) == "1 min 00 s");
    CHECK(duration_text(200) == "3 min 20 s");
    CHECK(duration_text(3900) == "1 h 05 min");
    CHECK(duration_text(360'000) == "100 h 00 min");
}
