#include "tests/support/catch.h"

#include "core/files.h"
#include "results/report/page/report_page.h"
#include "tests/support/html_check.h"
#include "tests/support/paged_experiment.h"

#include <fstream>

using namespace mlvicx;
using namespace results_test;

namespace fs = std::filesystem;

TEST_CASE("page_folder: a report replaces an earlier one and leaves other files alone", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_paged(store, {"mlvicx", "random"});
    write_report_folder(store, "", folder / "out");
    std::ofstream(folder / "out/tables/stale.csv") << "from an earlier report";
    std::ofstream(folder / "out/notes.txt") << "mine";
    write_report_folder(store, "", folder / "out/");
    CHECK_FALSE(fs::exists(folder / "out/tables/stale.csv"));
    CHECK(read_text(folder / "out/notes.txt") == "mine");
    for (const auto& name : folder.names()) CHECK_FALSE(contains(name, ".partial"));
}

TEST_CASE("page_folder: a folder that is none, holds other files or cannot be written is refused", "[unit]") {
    const TempFolder folder;
    const auto other = folder / "other";
    {
        Store store(folder / "results.db");
        make_paged(store, {"mlvicx", "random"});
        std::ofstream(folder / "file") << "text";
        fs::create_directories(other);
        std::ofstream(other / "index.html") << "<p>another page</p>";
        CHECK(message_of([&] { write_report_folder(store, "", folder / "file"); }) ==
              (folder / "file").string() + ": is a file, expected a folder for the report");
        CHECK(message_of([&] { write_report_folder(store, "", other); }) ==
              other.string() + ": holds other files, expected a new or empty folder, or one with an earlier report");
        CHECK(contains(message_of([&] { write_report_folder(store, "none", folder / "new"); }), "\"none\""));
    }
    const auto closed = folder / "closed";
    fs::create_directories(closed);
    fs::permissions(closed,
                    fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
    CHECK(as_ordinary_user([&] {
              Store store(folder / "results.db", true);
              const auto said = message_of([&] { write_report_folder(store, "", closed / "out"); });
              return contains(said, closed.string()) && contains(said, "not writable") ? 0 : 1;
          }) == 0);
    for (const auto& name : folder.names()) CHECK_FALSE(contains(name, ".partial"));
    CHECK_FALSE(fs::exists(folder / "new"));
}

TEST_CASE("page_folder: files of every earlier schema report", "[unit]") {
    int schemas = 0;
    for (const auto& entry : fs::directory_iterator(MLVICX_TEST_DATA)) {
        if (!entry.path().filename().string().starts_with("results_schema_")) continue;
        ++schemas;
        INFO(entry.path().string());
        const TempFolder folder;
        Sqlite(folder / "results.db").run(read_text(entry.path()));
        Store store(folder / "results.db");
        write_report_folder(store, "", folder / "out");
        CHECK_FALSE(html::elements_of(read_text(folder / "out/index.html")).empty());
    }
    CHECK(schemas == 5);
}
