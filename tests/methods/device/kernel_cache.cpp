#include "methods/device/kernel_cache.h"

#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace mlvicx;

TEST_CASE("kernel cache: compiled code is kept on disk, and made again if the file is damaged", "[unit]") {
    const TempFolder folder;
    int made = 0;
    const auto code = [&](const std::filesystem::path& where) {
        return cached_code(where, "key", [&] {
            ++made;
            return std::string("code\0with zeros", 15);
        });
    };
    const auto expected = code("");
    CHECK(made == 1); // without a folder each time
    CHECK(code(folder / "cache") == expected);
    CHECK(made == 2);
    CHECK(code(folder / "cache") == expected);
    CHECK(made == 2);
    const auto file = folder / "cache/key.cubin";
    for (const auto& content : std::vector<std::string>{"", "short", std::string(200, 'x')}) {
        std::ofstream(file, std::ios::binary) << content;
        made = 0;
        CHECK(code(folder / "cache") == expected);
        CHECK(made == 1);
        CHECK(code(folder / "cache") == expected);
        CHECK(made == 1);
    }
    write_text(folder / "file", "no folder");
    CHECK(code(folder / "file" / "cache") == expected); // cannot be stored
    CHECK(std::distance(std::filesystem::directory_iterator(folder / "cache"), {}) == 1);
}

TEST_CASE("kernel cache: it follows XDG_CACHE_HOME, then HOME", "[unit]") {
    const auto kept = [](const char* variable) {
        const char* value = std::getenv(variable);
        return std::string(value != nullptr ? value : "");
    };
    const auto home = kept("HOME"), cache = kept("XDG_CACHE_HOME");
    ::setenv("HOME", "/home/ada", 1);
    ::setenv("XDG_CACHE_HOME", "/fast", 1);
    CHECK(kernel_cache_folder() == "/fast/mlvicx-bench/kernels");
    ::setenv("XDG_CACHE_HOME", "relative", 1); // the specification ignores it
    CHECK(kernel_cache_folder() == "/home/ada/.cache/mlvicx-bench/kernels");
    ::unsetenv("XDG_CACHE_HOME");
    ::unsetenv("HOME");
    CHECK(kernel_cache_folder().empty());
    if (!home.empty()) ::setenv("HOME", home.c_str(), 1);
    if (!cache.empty()) ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
}
