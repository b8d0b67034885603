#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "results/statistics/grid.h"
#include "results/store/schema.h"
#include "tests/support/results_fixture.h"

using namespace mlvicx;
using namespace results_test;

namespace {

std::string complaint(const std::filesystem::path& file, bool read_only = false) {
    try {
        Store(file, read_only);
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

/// A file of an older schema, as written by the program of its time, with one finished and one failed job.
void write_schema(const std::filesystem::path& file, int schema) {
    Sqlite(file).run(read_text(fmt::format(MLVICX_TEST_DATA "/results_schema_{}.sql", schema)));
}

} // namespace

TEST_CASE("schema: a new file is marked as ours, has the newest schema and a write-ahead log", "[unit]") {
    const TempFolder folder;
    Store store(folder / "deeper/results.db"); // the folder is created
    CHECK(number(store.db(), "PRAGMA application_id") == results_application_id);
    CHECK(number(store.db(), "PRAGMA user_version") == latest_schema());
    CHECK(number(store.db(), "PRAGMA foreign_keys") == 1);
    CHECK(number(store.db(), "PRAGMA synchronous") == 2);
    Statement mode(store.db(), "PRAGMA journal_mode");
    REQUIRE(mode.step());
    CHECK(mode.text(0) == "wal");
}

TEST_CASE("schema: a file of an older schema is migrated and keeps its results", "[reference]") {
    const TempFolder folder;
    const int schema = GENERATE(1, 2, 3, 4, 5);
    const auto file = folder / "old.db";
    write_schema(file, schema);
    {
        Sqlite db(file, true);
        REQUIRE(number(db, "PRAGMA user_version") == schema);
        REQUIRE(number(db, "SELECT count(*) FROM sqlite_master WHERE type = 'view'") == (schema == 1 ? 0 : 3));
    }
    for (const bool read_only : {true, false}) { // a report also has to migrate
        Store store(file, read_only);
        CHECK(number(store.db(), "PRAGMA user_version") == latest_schema());
        CHECK(store.state("0123456789abcdef") == JobState::done);
        CHECK(store.state("fedcba9876543210") == JobState::failed);
        CHECK(store.scores("0123456789abcdef") == std::vector<float>{0.5f, 0.25f});
        const auto rows = grid(store);
        REQUIRE(rows.size() == (schema >= 4 ? 2 : 1)); // with the control
        REQUIRE(rows[0].cells.size() == 1);
        CHECK(rows[0].cells[0].main().value.mean == 0.8125);
        CHECK(rows[0].cells[0].main().value.count == 1);
        CHECK(rows[0].cells[0].planned == 2);
        CHECK(number(store.db(), "SELECT count(*) FROM leaderboard WHERE auc = 81.25 AND place = 1") == 1);
        CHECK(number(store.db(), "PRAGMA foreign_key_check") == 0);
    }
}

TEST_CASE("schema: a file older than schema 5 gets its protocols described and its control marked", "[reference]") {
    const TempFolder folder;
    write_schema(folder / "old.db", 4);
    Store store(folder / "old.db", true);
    CHECK(store.protocols().at("frozen").label == "frozen (linear probe)");
    CHECK(store.protocols().at("segmentation_frozen").task == Task::segmentation);
    const auto rows = grid(store);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].title() == "nih, frozen (linear probe)");
    CHECK_FALSE(rows[0].control);
    CHECK(rows[1].method == "random");
    CHECK(rows[1].control);
    const auto masks = grid(store, {}, false, Task::segmentation);
    REQUIRE(masks.size() == 1);
    CHECK(masks[0].cells[0].main().value.mean == 0.5);
    CHECK(masks[0].cells[0].main().interval);
    CHECK(masks[0].cells[0].test_images == 2);
    CHECK(number(store.db(), "SELECT count(*) FROM low_data_curve WHERE method = 'vicreg' AND over_random = 6.25") ==
          1);
}

TEST_CASE("schema: a migrated file has the same schema as a new one", "[reference]") {
    const TempFolder folder;
    write_schema(folder / "old.db", GENERATE(1, 2, 3, 4, 5));
    const auto schema = [](Store& store) {
        Statement query(store.db(), "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
        std::string text;
        while (query.step()) text += query.text(0) + "\n";
        return text;
    };
    Store old_file(folder / "old.db"), new_file(folder / "new.db");
    CHECK(schema(old_file) == schema(new_file));
}

TEST_CASE("schema: another program's database, a newer one and one of no schema are refused and left unchanged",
          "[unit]") {
    const TempFolder folder;
    const auto foreign = folder / "foreign.db";
    Sqlite(foreign).run("CREATE TABLE bookmarks (url)");
    const auto marked = folder / "marked.db";
    Sqlite(marked).run("PRAGMA application_id = 7; CREATE TABLE t (a)");
    const auto newer = folder / "newer.db";
    Store{newer};
    Sqlite(newer).run("PRAGMA user_version = 99");
    const auto damaged = folder / "damaged.db";
    Store{damaged};
    for (const bool read_only : {false, true}) {
        for (const int schema : {0, -246}) {
            Sqlite(damaged).run(fmt::format("PRAGMA user_version = {}", schema));
            CHECK(complaint(damaged, read_only) ==
                  fmt::format("{}: results schema {}, expected 1 to 6, so the file is damaged", damaged.string(),
                              schema));
        }
        for (const auto& file : {foreign, marked}) {
            const auto before = read_text(file);
            CHECK(complaint(file, read_only) == file.string() + ": database of another program, expected a results "
                                                                "file of mlvicx-bench or a new name");
            CHECK(read_text(file) == before);
        }
        CHECK(complaint(newer, read_only) == newer.string() + ": results schema 99, expected at most 6; a newer "
                                                              "mlvicx-bench is needed");
    }
}

TEST_CASE("schema: a run that a newer program overtakes neither claims nor stores a job", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    REQUIRE(store.claim(job("a"), "host:1@place", 100));
    store.db().run("PRAGMA user_version = 99");
    const std::string expected =
        (folder / "results.db").string() + ": results schema 99, expected at most 6; a newer mlvicx-bench is needed";
    CHECK(message_of([&] { store.claim(job("b"), "host:1@place", 100); }) == expected);
    CHECK(message_of([&] { store.finish(job("a"), result(), provenance); }) == expected);
    CHECK(number(store.db(), "SELECT count(*) FROM metrics") == 0);
}

TEST_CASE("schema: several processes may create one file at the same moment", "[unit]") {
    const TempFolder folder;
    for (int round = 0; round < 3; ++round) {
        const auto file = folder / ("results" + std::to_string(round) + ".db");
        std::vector<pid_t> children;
        for (int i = 0; i < 6; ++i)
            children.push_back(start_child([&] {
                Store store(file);
                return store.claim(job("c" + std::to_string(i)), "elsewhere:1", 60) ? 0 : 1;
            }));
        for (const pid_t child : children) CHECK(wait_for(child) == 0);
        Store store(file);
        CHECK(number(store.db(), "SELECT count(*) FROM jobs") == 6);
    }
}
