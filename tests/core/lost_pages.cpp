#include "core/lost_pages.h"

#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/results_fixture.h"

using namespace mlvicx;
using namespace results_test;

namespace {

/// Maps the file, cuts it short and reads its end: the exit status, and what is printed.
std::pair<int, std::string> after_a_cut(const TempFolder& folder) {
    const auto file = folder / "images.safetensors";
    write_text(file, std::string(1 << 16, 'x'));
    const pid_t child = start_child([&] {
        if (std::freopen((folder / "errors").c_str(), "w", stderr) == nullptr) return 9;
        catch_lost_pages();
        const MappedFile other(folder / "errors.not"), mapped(file);
        std::filesystem::resize_file(file, 10);
        return static_cast<int>(mapped.bytes().back());
    });
    return {wait_for(child), read_text(folder / "errors")};
}

} // namespace

TEST_CASE("lost_pages: a mapped file that is cut short ends the program with its name and status 2", "[unit]") {
    const TempFolder folder;
    write_text(folder / "errors.not", "another mapped file");
    const auto [status, text] = after_a_cut(folder);
    CHECK(status == 2);
    CHECK(text == "mlvicx-bench: " + (folder / "images.safetensors").string() +
                      ": was cut short, or its disk failed, while it was read\n");
}

TEST_CASE("lost_pages: more files than it can name are still told", "[unit]") {
    const TempFolder folder;
    write_text(folder / "errors.not", "another mapped file");
    std::vector<char> places(1000);
    for (const auto& place : places) remember_mapping(&place, 1, folder / "errors.not");
    const auto [status, text] = after_a_cut(folder);
    for (const auto& place : places) forget_mapping(&place);
    CHECK(status == 2);
    CHECK(text == "mlvicx-bench: a mapped file: was cut short, or its disk failed, while it was read\n");
}
