#include "tests/support/catch.h"

#include "core/files.h"
#include "core/process.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace mlvicx;

TEST_CASE("files: what is written is what is read, parent folders included", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "a/b/text";
    const std::string binary("one\0two\r\n\xff", 10);
    write_text(file, binary);
    CHECK(read_text(file) == binary);
    write_text(file, "");
    CHECK(read_text(file).empty());
    CHECK(std::filesystem::file_size(file) == 0);
}

TEST_CASE("files: a reader sees the old text or the new one, never a mix", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "text";
    const std::string a(300'000, 'a'), b(200'000, 'b');
    write_text(file, a);
    std::thread writer([&] {
        for (int i = 0; i < 40; ++i) write_text(file, i % 2 == 0 ? b : a);
    });
    bool whole = true;
    for (int i = 0; i < 200; ++i) {
        const std::string text = read_text(file);
        whole = whole && (text == a || text == b);
    }
    writer.join();
    CHECK(whole);
    CHECK(folder.names().size() == 1);
}

TEST_CASE("files: leftovers of killed processes are removed, files of running ones stay", "[unit]") {
    const TempFolder folder;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    const auto partial = [](const std::string& name, pid_t pid, const std::string& host) {
        return name + ".partial-" + std::to_string(pid) + "@" + host;
    };
    const auto mine = partial_name(folder / "data");
    CHECK(mine.filename() == partial("data", ::getpid(), host_name()));

    std::filesystem::create_directories(folder / "deep/deeper");
    const std::vector<std::string> dead{partial("data", child, host_name()), partial("other", child, host_name()),
                                        partial(partial("data.all", child, host_name()), child, host_name())};
    const std::vector<std::string> stay{partial("data", ::getppid(), host_name()),
                                        partial("data", child, "elsewhere"),
                                        "data.partial-",
                                        "data.partial-x@" + host_name(),
                                        "data.partial",
                                        "data"};
    for (const char* place : {"", "deep/deeper"})
        for (const auto* names : {&dead, &stay})
            for (const auto& name : *names) std::ofstream(folder / place / name) << "x";
    const auto whole = folder / partial("phantom", child, host_name()); // a non-empty folder
    std::filesystem::create_directories(whole / "images");
    const auto there = [&](const char* place, const std::vector<std::string>& names) {
        return std::count_if(names.begin(), names.end(),
                             [&](const auto& name) { return std::filesystem::exists(folder / place / name); });
    };
    partial_name(folder / "data");
    CHECK(there("", dead) == 0);
    CHECK(there("", stay) == std::ssize(stay));
    CHECK_FALSE(std::filesystem::exists(whole));
    CHECK(there("deep/deeper", dead) == std::ssize(dead));
    remove_left_behind(folder.path, true);
    CHECK(there("deep/deeper", dead) == 0);
    CHECK(there("deep/deeper", stay) == std::ssize(stay));
}

TEST_CASE("files: what cannot be read or written is named, and nothing is left behind", "[unit]") {
    const TempFolder folder;
    std::ofstream(folder / "file") << "x";
    CHECK(contains(message_of([&] { read_text(folder / "none"); }), (folder / "none").string()));
    CHECK(contains(message_of([&] { read_text(folder.path); }), "is a folder"));
    // A file where a folder is needed: this fails even for root.
    CHECK(contains(message_of([&] { write_text(folder / "file/under", "x"); }), (folder / "file/under").string()));
    CHECK(contains(message_of([&] { write_text(folder.path, "x"); }), folder.path.string()));
    CHECK(contains(message_of([&] { require_writable_folder(folder / "file"); }), (folder / "file").string()));
    CHECK(contains(message_of([&] { require_writable_folder("/proc/none"); }), "/proc/none"));
    CHECK(message_of([&] { require_writable_folder(folder / "new/one"); }).empty());
    CHECK(std::filesystem::is_empty(folder / "new/one"));
    CHECK(folder.names().size() == 2);
}

TEST_CASE("files: a mapped file is its bytes; empty and missing ones are refused", "[unit]") {
    const TempFolder folder;
    write_text(folder / "data", "bytes");
    const MappedFile mapped(folder / "data");
    REQUIRE(mapped.bytes().size() == 5);
    CHECK(std::to_integer<char>(mapped.bytes()[4]) == 's');
    write_text(folder / "empty", "");
    CHECK(contains(message_of([&] { MappedFile(folder / "empty"); }), "is empty"));
    CHECK(contains(message_of([&] { MappedFile(folder / "none"); }), (folder / "none").string()));
    CHECK(contains(message_of([&] { MappedFile(folder.path); }), "not a regular file"));
}
