#include "tests/support/datasets_support.h"

#include "core/interrupt.h"
#include "datasets/fingerprint.h"
#include "datasets/prepare.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

using namespace mlvicx;

TEST_CASE("prepare: killed at any moment, it leaves no file that looks finished, and the next run cleans up",
          "[unit]") {
    const TempFolder folder;
    fs::create_directory(folder / "out");
    const auto index = small_dataset(folder, 60, 200);
    const fs::path out = folder / "out" / "images.safetensors";
    int killed = 0;
    for (int attempt = 0; attempt < 6; ++attempt) {
        const pid_t child = ::fork();
        if (child == 0) {
            (void)std::freopen("/dev/null", "w", stderr);
            prepare(index, {150, 1, attempt % 2 == 1}, out);
            ::_exit(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + 7 * attempt));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        killed += WIFSIGNALED(status) ? 1 : 0;
        if (fs::exists(out)) verify_fingerprint(out); // complete, if the child was faster
        fs::remove(out);
    }
    CHECK(killed > 0);
    prepare(index, {150, 1, false}, out);
    verify_fingerprint(out);
    CHECK(std::distance(fs::directory_iterator(folder / "out"), fs::directory_iterator()) == 1);
}

TEST_CASE("prepare: interrupted by the user, it stops at an image and leaves nothing next to the output", "[unit]") {
    const TempFolder folder;
    fs::create_directory(folder / "out");
    const auto index = small_dataset(folder, 60, 200);
    const fs::path out = folder / "out" / "images.safetensors";
    constexpr int stopped = 130;
    int interruptions = 0;
    for (int attempt = 0; attempt < 6; ++attempt) {
        const pid_t child = ::fork();
        if (child == 0) {
            (void)std::freopen("/dev/null", "w", stderr);
            catch_interrupts();
            try {
                for (;;) prepare(index, {150, 2, attempt % 2 == 1}, out);
            } catch (const Interrupted&) {
                ::_exit(stopped);
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + 15 * attempt));
        ::kill(child, SIGINT);
        int status = 0;
        ::waitpid(child, &status, 0);
        interruptions += WIFEXITED(status) && WEXITSTATUS(status) == stopped;
        // There is the complete file of an earlier round, or nothing.
        for (const auto& entry : fs::directory_iterator(folder / "out")) CHECK(entry.path() == out);
        if (fs::exists(out)) verify_fingerprint(out);
        fs::remove(out);
    }
    CHECK(interruptions > 0);
}
