#include "tests/support/datasets_support.h"

#include "core/interrupt.h"
#include "datasets/fingerprint.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <thread>

using namespace mlvicx;

namespace {

constexpr int side = 150;

PrepareOptions in_pieces(bool skip_bad = false, unsigned threads = 1, int size = side) {
    PrepareOptions options{size, threads, skip_bad};
    options.piece = 7;
    return options;
}

/// 60 images, a few with masks, and the bytes of the file that an undisturbed run makes of them.
struct Sources : TempFolder {
    Sources() : index(small_dataset(*this, 60, 200)) {
        fs::create_directory(path / "out");
        index.mask_names = {"a", "b"};
        for (std::size_t i = 0; i < index.images.size(); ++i) {
            index.images[i].masks.resize(2);
            if (i % 4 == 1) index.images[i].masks[i % 3 % 2].areas = {{10, 20, 100, 5.0 + static_cast<double>(i)}};
        }
        index.boxes = {{3, 1, 1, 1, 50, 50}, {40, 0, 5, 5, 60, 20}};
    }
    std::string undisturbed(const PrepareOptions& options) const {
        prepare(index, options, path / "other");
        return read_text(path / "other");
    }
    std::size_t lines_of_journal() const {
        if (!fs::exists(journal)) return 0;
        const std::string text = read_text(journal);
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    /// Begins to prepare in another process and ends it by `signal` once some pieces are done.
    void disturb(const PrepareOptions& options, int signal = SIGKILL) const {
        for (int attempt = 0; attempt < 50; ++attempt) {
            const std::size_t before = lines_of_journal();
            const std::size_t wanted = before > 2 && before < 8 ? before + 1 : 3; // that of the identity, two pieces
            const pid_t child = ::fork();
            if (child == 0) {
                (void)std::freopen("/dev/null", "w", stderr);
                catch_interrupts();
                try {
                    prepare(index, options, out);
                } catch (const Interrupted&) {
                }
                ::_exit(0);
            }
            int status = 0;
            while (lines_of_journal() < wanted && ::waitpid(child, &status, WNOHANG) == 0)
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            ::kill(child, signal);
            ::waitpid(child, &status, 0);
            if (fs::exists(unfinished) && lines_of_journal() >= 3) return;
            fs::remove(out); // it was faster
        }
        FAIL("the process was never stopped between two pieces");
    }
    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path / "out"))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }

    DatasetIndex index;
    const fs::path out = path / "out/p.safetensors", unfinished = path / "out/p.safetensors.unfinished",
                   journal = path / "out/p.safetensors.unfinished.journal";
};

/// Fills a file with zeros, at the size and time that it has.
void spoil(const fs::path& file) {
    const auto time = fs::last_write_time(file);
    put(file, std::string(fs::file_size(file), '\0'));
    fs::last_write_time(file, time);
}

} // namespace

TEST_CASE("prepare in pieces: the file does not depend on the pieces", "[unit]") {
    const Sources sources;
    const std::string whole = sources.undisturbed({side, 1, false});
    CHECK(sources.undisturbed(in_pieces()) == whole);
    CHECK(sources.undisturbed(in_pieces(true, 4)) == whole);
}

TEST_CASE("prepare in pieces: killed, it goes on after the last finished piece, and the file has the same bytes",
          "[unit]") {
    for (const bool skip_bad : {false, true}) {
        Sources sources;
        if (skip_bad) put(sources.index.images[58].file, "");
        const std::string whole = sources.undisturbed(in_pieces(skip_bad));
        sources.disturb(in_pieces(skip_bad));
        for (std::size_t i = 0; i < 14; ++i) spoil(sources.index.images[i].file); // none of them is decoded again
        prepare(sources.index, in_pieces(skip_bad, 3), sources.out);
        CHECK(read_text(sources.out) == whole);
        CHECK(sources.left() == std::vector<std::string>{"p.safetensors"});
        verify_fingerprint(sources.out);
    }
}

TEST_CASE("prepare in pieces: killed again and again, it ends with the same bytes", "[unit]") {
    const Sources sources;
    const std::string whole = sources.undisturbed(in_pieces());
    for (int round = 0; round < 4; ++round) {
        sources.disturb(in_pieces(round % 2 == 1));
        const std::string journal = read_text(sources.journal);
        if (round == 1) put(sources.journal, journal.substr(0, journal.size() - 5)); // cut off in its last line
    }
    prepare(sources.index, in_pieces(), sources.out);
    CHECK(read_text(sources.out) == whole);
}

TEST_CASE("prepare in pieces: interrupted by the user, it keeps what is done", "[unit]") {
    const Sources sources;
    const std::string whole = sources.undisturbed(in_pieces());
    sources.disturb(in_pieces(), SIGINT);
    CHECK(sources.left() == std::vector<std::string>{"p.safetensors.unfinished", "p.safetensors.unfinished.journal"});
    spoil(sources.index.images[0].file);
    prepare(sources.index, in_pieces(), sources.out);
    CHECK(read_text(sources.out) == whole);
}

TEST_CASE("prepare in pieces: stopped by a bad image, it goes on without it", "[unit]") {
    const Sources sources;
    put(sources.index.images[44].file, "");
    const std::string whole = sources.undisturbed(in_pieces(true));
    CHECK(contains(user_error_of([&] { prepare(sources.index, in_pieces(), sources.out); }), "image44.png"));
    CHECK_FALSE(fs::exists(sources.out));
    spoil(sources.index.images[41].file);
    prepare(sources.index, in_pieces(true), sources.out);
    CHECK(read_text(sources.out) == whole);
}

TEST_CASE("prepare in pieces: a bad image of a finished piece is refused by a run that must not leave it out",
          "[unit]") {
    const Sources sources;
    put(sources.index.images[2].file, "");
    sources.disturb(in_pieces(true));
    CHECK(contains(user_error_of([&] { prepare(sources.index, in_pieces(), sources.out); }), "image2.png"));
    CHECK_FALSE(fs::exists(sources.out));
}

TEST_CASE("prepare in pieces: other options, other sources and damage begin anew", "[unit]") {
    const auto result_after = [](const std::function<void(Sources&)>& change, const PrepareOptions& options) {
        Sources sources;
        sources.disturb(in_pieces());
        change(sources);
        prepare(sources.index, options, sources.out);
        const std::string found = read_text(sources.out);
        CHECK(sources.left() == std::vector<std::string>{"p.safetensors"});
        CHECK(found == sources.undisturbed(options));
    };
    result_after([](Sources&) {}, in_pieces(false, 1, side / 2));
    result_after([](Sources& sources) { write_image(sources.index.images[0].file, test_image(200, 200, 99)); },
                 in_pieces());
    result_after([](Sources& sources) { sources.index.images[1].masks[0].areas = {{0, 0, 40, 40}}; }, in_pieces());
    result_after([](Sources& sources) { std::swap(sources.index.images[0], sources.index.images[1]); }, in_pieces());
    result_after([](Sources& sources) { sources.index.mask_names[0] = "a longer name"; }, in_pieces());
    result_after(
        [](Sources& sources) { // a pixel of the second piece
            sources.undisturbed(in_pieces());
            const PreparedDataset whole(sources / "other");
            const auto pixels = whole.images().subspan(9 * side * side, side * side);
            std::string text = read_text(sources.unfinished);
            const auto at = text.find(std::string(pixels.begin(), pixels.end()));
            REQUIRE(at != std::string::npos);
            text[at + 5000] = static_cast<char>(text[at + 5000] + 1);
            put(sources.unfinished, text);
        },
        in_pieces());
    result_after(
        [](Sources& sources) { // the size of an image
            std::string text = read_text(sources.journal);
            const auto at = text.rfind("200,200");
            REQUIRE(at != std::string::npos);
            text[at] = '3';
            put(sources.journal, text);
        },
        in_pieces());
    result_after([](Sources& sources) { fs::resize_file(sources.unfinished, 1000); }, in_pieces());
    result_after([](Sources& sources) { fs::remove(sources.unfinished); }, in_pieces());
    result_after([](Sources& sources) { put(sources.journal, "nonsense\n"); }, in_pieces());
}
