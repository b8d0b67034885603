#include "tests/support/catch.h"

#include "core/files.h"
#include "tests/fuzz/target.h"

#include <algorithm>
#include <chrono>

using namespace mlvicx;
namespace fs = std::filesystem;

TEST_CASE("replay: what fuzzers begin with, and all that they found, is read or refused in a second", "[unit]") {
    const fs::path corpus = fs::path(MLVICX_SOURCE) / "tests/fuzz/corpus";
    for (const auto& target : fuzz::targets()) {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(corpus / target.name)) files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        CHECK_FALSE(files.empty());
        for (const auto& file : files) {
            INFO(file.string());
            const auto start = std::chrono::steady_clock::now();
            CHECK_NOTHROW(fuzz::run(target, read_text(file), true));
            // The fuzzers allow one second; here others share the processor.
            CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
        }
    }
}

TEST_CASE("replay: every folder of the corpus belongs to a target", "[unit]") {
    for (const auto& folder : fs::directory_iterator(fs::path(MLVICX_SOURCE) / "tests/fuzz/corpus")) {
        INFO(folder.path().string());
        CHECK(std::any_of(fuzz::targets().begin(), fuzz::targets().end(),
                          [&](const auto& target) { return folder.path().filename() == target.name; }));
    }
}
