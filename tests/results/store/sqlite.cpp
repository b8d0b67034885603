#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "results/store/schema.h"
#include "tests/support/results_fixture.h"

#include <fstream>
#include <limits>

using namespace mlvicx;
using namespace results_test;
namespace fs = std::filesystem;

namespace {

/// The error of `Store(file)`.
std::string complaint(const fs::path& file, bool read_only = false) {
    try {
        Store(file, read_only);
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("sqlite: values are read back unchanged, NaN as NULL", "[unit]") {
    const TempFolder folder;
    Sqlite db(folder / "x.db");
    db.run("CREATE TABLE t (a, b, c, d, e)");
    const std::string text("zero\0inside ±", 14);
    const std::vector<std::byte> blob = {std::byte{0}, std::byte{255}};
    Statement insert(db, "INSERT INTO t VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, std::numeric_limits<std::int64_t>::min()).bind(2, 0.1).bind(3, text).bind_blob(4, blob);
    insert.bind(5, std::optional<double>()).run();
    insert.bind(1, std::numeric_limits<double>::quiet_NaN()).bind(5, std::optional(0.5)).bind_blob(4, {}).run();
    Statement query(db, "SELECT * FROM t");
    REQUIRE(query.step());
    CHECK(query.integer(0) == std::numeric_limits<std::int64_t>::min());
    CHECK(query.real(1) == 0.1);
    CHECK(query.text(2) == text);
    CHECK(std::vector<std::byte>(query.blob(3).begin(), query.blob(3).end()) == blob);
    CHECK_FALSE(query.maybe_real(4));
    REQUIRE(query.step());
    CHECK_FALSE(query.maybe_real(0));
    CHECK(query.blob(3).empty());
    CHECK(*query.maybe_real(4) == 0.5);
    CHECK_FALSE(query.step());
}

TEST_CASE("sqlite: an uncommitted transaction leaves nothing", "[unit]") {
    const TempFolder folder;
    Sqlite db(folder / "x.db");
    db.run("CREATE TABLE t (a)");
    {
        Transaction transaction(db);
        db.run("INSERT INTO t VALUES (1)");
    }
    CHECK(number(db, "SELECT count(*) FROM t") == 0);
    {
        Transaction transaction(db);
        db.run("INSERT INTO t VALUES (1)");
        transaction.commit();
    }
    CHECK(number(db, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("sqlite: nothing is written to a file that was removed, renamed or replaced while it was open", "[unit]") {
    const TempFolder folder;
    const auto refused = [](Sqlite& db) { return message_of([&] { const Transaction transaction(db); }); };
    Sqlite removed(folder / "removed.db"), renamed(folder / "renamed.db"), replaced(folder / "replaced.db");
    for (auto* db : {&removed, &renamed, &replaced}) {
        db->run("CREATE TABLE t (a)");
        CHECK(refused(*db).empty());
    }
    fs::remove(folder / "removed.db");
    fs::rename(folder / "renamed.db", folder / "kept.db");
    write_text(folder / "replaced.db", "another file");
    CHECK(refused(removed) == (folder / "removed.db").string() + ": was moved or removed while it was in use");
    CHECK(mentions(refused(renamed), "renamed.db: was moved or removed"));
    CHECK(mentions(refused(replaced), "replaced.db: was moved or removed"));
    const Transaction reads(renamed, false);
    CHECK(number(renamed, "SELECT count(*) FROM t") == 0);
}

TEST_CASE("sqlite: wrong SQL and broken constraints are our errors, with the statement", "[unit]") {
    const TempFolder folder;
    Sqlite db(folder / "x.db");
    CHECK_THROWS_AS(db.run("SELEKT 1"), InternalError);
    db.run("CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id REFERENCES parent (id))");
    CHECK_THROWS_AS(Statement(db, "INSERT INTO child VALUES (7)").run(), InternalError); // foreign keys are on
    try {
        Statement(db, "SELECT colour FROM child");
        FAIL("no error");
    } catch (const InternalError& error) {
        CHECK(mentions(error.what(), "SELECT colour FROM child"));
        CHECK(mentions(error.what(), "no such column"));
    }
}

TEST_CASE("sqlite: a file that is not SQLite is refused by name and left unchanged", "[unit]") {
    const TempFolder folder;
    for (const std::size_t size : {1, 12, 100, 600, 5000}) {
        const auto file = folder / "notes.txt";
        const std::string text(size, 'x');
        write_text(file, text);
        for (const bool read_only : {false, true}) {
            const auto message = complaint(file, read_only);
            CHECK(mentions(message, file.string() + ": is not an SQLite database, expected a results file"));
        }
        CHECK(read_text(file) == text);
        CHECK(std::distance(fs::directory_iterator(file.parent_path()), {}) == 1);
    }
}

TEST_CASE("sqlite: a folder, a missing file, an empty file and a damaged file are named", "[unit]") {
    const TempFolder folder;
    CHECK(mentions(complaint(folder / ""), "is a folder, expected a results file"));
    CHECK(mentions(complaint(folder / "none.db", true), "none.db: no such results file"));
    CHECK_FALSE(fs::exists(folder / "none.db"));
    const auto empty = folder / "empty.db";
    std::ofstream(empty).close();
    CHECK(mentions(complaint(empty, true), "empty.db: is empty"));
    CHECK(complaint(empty) == "no error"); // an empty file may be filled
    write_text(folder / "file", "x");
    CHECK(mentions(complaint(folder / "file/results.db"), "expected a folder"));
    // Truncated in the middle: the header promises pages that are missing.
    fs::resize_file(empty, fs::file_size(empty) / 2);
    CHECK(mentions(complaint(empty), "empty.db: is a damaged SQLite database"));
}

TEST_CASE("sqlite: a folder or file without write permission is named", "[unit]") {
    const TempFolder folder;
    fs::create_directory(folder / "closed");
    const auto file = folder / "closed/results.db";
    Store{file};
    fs::permissions(folder / "closed", fs::perms::all);
    fs::permissions(file, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    CHECK(as_ordinary_user([&] { return !mentions(complaint(file), "results.db: cannot be written"); }) == 0);
    fs::permissions(folder / "closed", fs::perms::owner_all & ~fs::perms::owner_write, fs::perm_options::replace);
    fs::permissions(folder / "closed", fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    CHECK(as_ordinary_user([&] {
              return !mentions(complaint(folder / "closed/new.db"), "closed: the folder is not writable");
          }) == 0);
    CHECK_FALSE(fs::exists(folder / "closed/new.db"));
    fs::permissions(folder / "closed", fs::perms::owner_all);
}

TEST_CASE("sqlite: results in a read-only folder can be read", "[unit]") {
    const TempFolder folder;
    const std::string name = "per%cent ?.db"; // characters with a meaning in a URI
    fs::create_directory(folder / "closed");
    const auto file = folder / ("closed/" + name);
    {
        Store store(file);
        store.add_experiment("demo", json::object(), {job("a1")});
    }
    const auto readable = fs::perms::owner_read | fs::perms::others_read;
    fs::permissions(file, readable);
    fs::permissions(folder / "closed", readable | fs::perms::owner_exec | fs::perms::others_exec);
    CHECK(as_ordinary_user([&] {
              Store store(file, true);
              return number(store.db(), "SELECT count(*) FROM experiments") == 1 ? 0 : 1;
          }) == 0);
    fs::permissions(folder / "closed", fs::perms::owner_all);
}

TEST_CASE("sqlite: a reader leaves the file and its folder unchanged", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    Store{file};
    const auto before = read_text(file);
    {
        Store store(file, true);
        CHECK(number(store.db(), "SELECT count(*) FROM jobs") == 0);
        CHECK_THROWS(store.add_experiment("demo", json::object(), {}));
    }
    CHECK(read_text(file) == before);
    CHECK(std::distance(fs::directory_iterator(file.parent_path()), {}) == 1);
}
