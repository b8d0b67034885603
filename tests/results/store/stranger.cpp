#include "tests/support/catch.h"

#include "core/files.h"
#include "core/utf8.h"
#include "results/report/card.h"
#include "results/report/report.h"
#include "results/report/status.h"
#include "results/report/status_json.h"
#include "results/store/copy.h"
#include "results/store/own_schema.h"
#include "results/store/schema.h"
#include "results/verify/verify.h"
#include "tests/support/paged_experiment.h"

#include <sqlite3.h>

using namespace mlvicx;
using namespace results_test;
namespace fs = std::filesystem;

namespace {

/// A file of ours that a stranger has edited with SQLite as it comes: triggers run, nothing is checked.
void edit(const fs::path& file, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    char* error = nullptr;
    const std::string whole = "PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON; " + sql;
    sqlite3_exec(db, whole.c_str(), nullptr, nullptr, &error);
    INFO(sql);
    CHECK(error == nullptr);
    sqlite3_free(error);
    sqlite3_close(db);
}

void make(const fs::path& file) {
    Store store(file);
    make_paged(store, {"mlvicx", "random"});
}

/// What reading the file as a user would says of it: a UserError's message, or nothing.
std::string complaint(const fs::path& file, const std::function<void(Store&)>& read = {}, bool read_only = true) {
    return message_of([&] {
        Store store(file, read_only);
        if (read) read(store);
    });
}

} // namespace

TEST_CASE("stranger: a results file with SQL of its own is refused, and the SQL does not run", "[unit]") {
    const auto [sql, said] = GENERATE(values<std::pair<std::string, std::string>>({
        {"CREATE TRIGGER t AFTER UPDATE ON jobs BEGIN DELETE FROM metrics; END", "has the trigger t"},
        {"CREATE TRIGGER t INSTEAD OF INSERT ON leaderboard BEGIN DELETE FROM metrics; END", "has the trigger t"},
        {"ALTER TABLE protocols RENAME TO hidden; CREATE VIEW protocols AS SELECT * FROM hidden",
         "its protocols is a view, expected the table"},
        {"DROP VIEW leaderboard; CREATE VIEW leaderboard AS SELECT load_extension('/tmp/x.so') AS place",
         "its view leaderboard is not that of a results file"},
        {"CREATE UNIQUE INDEX mine ON jobs (hash, host)", "has the unique index mine on jobs"},
        {"ALTER TABLE pictures ADD COLUMN more TEXT", "its table pictures is not that"},
        {"ALTER TABLE jobs ADD COLUMN more TEXT AS (upper(method))", "its table jobs is not that"},
        {"DROP TABLE pictures", "lacks the table pictures"},
    }));
    const TempFolder folder;
    const auto file = folder / "results.db";
    make(file);
    edit(file, sql);
    const auto before = read_text(file);
    for (const bool read_only : {true, false}) {
        INFO(sql);
        const auto message = complaint(file, {}, read_only);
        CHECK(contains(message, file.string() + ": "));
        CHECK(contains(message, said));
    }
    CHECK(read_text(file) == before);
    CHECK(folder.names() == std::vector<std::string>{"results.db"});
}

TEST_CASE("stranger: a user's own tables, views and indexes may stand in a file, and are not copied", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    make(file);
    edit(file, "CREATE TABLE notes (job_id REFERENCES jobs (id) ON DELETE CASCADE, words); "
               "INSERT INTO notes VALUES (1, 'odd'); CREATE VIEW odd AS SELECT * FROM notes; "
               "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM metrics; END; "
               "CREATE INDEX mine ON jobs (upper(method))");
    for (const bool read_only : {true, false}) CHECK(complaint(file, {}, read_only).empty());
    Store store(file, true);
    CHECK(number(store.db(), "SELECT count(*) FROM odd") == 1);
    CHECK(users_tables(store.db(), latest_schema_sql()) == std::vector<std::string>{"notes", "odd"});
    copy_results(store, folder / "copy.db");
    Store copy(folder / "copy.db", true);
    CHECK(users_tables(copy.db(), latest_schema_sql()).empty());
}

TEST_CASE("stranger: a trigger in a file of an older schema does not run while it is migrated", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "old.db";
    Sqlite(file).run(read_text(MLVICX_TEST_DATA "/results_schema_4.sql"));
    edit(file, "CREATE TRIGGER t AFTER UPDATE ON experiment_cells BEGIN DELETE FROM metrics; END");
    CHECK(contains(complaint(file), "has the trigger t"));
    Sqlite db(file, true);
    CHECK(number(db, "PRAGMA user_version") == 4);
    CHECK(number(db, "SELECT count(*) FROM metrics") > 0);
}

TEST_CASE("stranger: a damaged file that cannot be migrated to the end is named, and keeps its schema", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "old.db";
    fs::copy_file(MLVICX_SOURCE "/tests/fuzz/corpus/results/schema_1_without_jobs", file);
    for (int again = 0; again < 2; ++again)
        CHECK(contains(complaint(file), "old.db: cannot be migrated from results schema 1, so the file is damaged (no "
                                        "such table: jobs)"));
    Sqlite db(file, true);
    CHECK(number(db, "PRAGMA user_version") == 1);
}

TEST_CASE("stranger: neither triggers nor functions that load code run from a schema", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "other.db";
    Sqlite db(file);
    db.run("CREATE TABLE a (x); CREATE TABLE b (x); CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); "
           "END; INSERT INTO a VALUES (1)");
    CHECK(number(db, "SELECT count(*) FROM b") == 0);
    db.run("CREATE VIEW v AS SELECT load_extension('none') AS x");
    const auto error_of = [](const std::function<void()>& work) {
        try {
            work();
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(contains(error_of([&] { number(db, "SELECT x FROM v"); }), "unsafe use of load_extension"));
    // An edit of the schema by hand, which could make it anything.
    CHECK(contains(error_of([&] { db.run("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'x'"); }),
                   "may not be modified"));
    // Foreign keys, which SQLite keeps by triggers of its own, still delete what belongs to a deleted row.
    const auto ours = folder / "results.db";
    make(ours);
    Store store(ours);
    store.db().run("DELETE FROM jobs WHERE id = 1");
    CHECK(number(store.db(), "SELECT count(*) FROM curves WHERE job_id = 1") == 0);
}

TEST_CASE("stranger: scores of other images than those that a job was tested on are refused by name", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    make(file);
    Store store(file, true);
    Statement query(store.db(), "SELECT j.hash, s.set_id FROM jobs j JOIN scores s ON s.job_id = j.id");
    REQUIRE(query.step());
    auto images = store.image_set(query.integer(1));
    CHECK(store.scores(query.text(0), images).size() == images.labels.size());
    images.labels.pop_back();
    CHECK(contains(message_of([&] { store.scores(query.text(0), images); }),
                   "has 160 scores, expected 159 for 80 images and 2 classes"));
    CHECK(contains(message_of([&] { store.scores("none", images); }), "job none has 0 scores"));
    CHECK(contains(message_of([&] { store.image_values("none", "truth", images); }), "job none has 0 values of truth"));
}

TEST_CASE("stranger: a metric's classes without its mean, or under another's, are refused by name", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    make(file);
    const auto read = [](Store& store) { grid(store); };
    CHECK(complaint(file, read).empty());
    edit(file, "DELETE FROM metrics WHERE metric = 'auc' AND position = 0");
    CHECK(contains(complaint(file, read), "results.db: job "));
    CHECK(contains(complaint(file, read), " has no mean of the metric auc, expected one before its classes"));
}

TEST_CASE("stranger: scores, labels and attributes of a wrong size are refused by name", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    make(file);
    const std::string hash = [&] {
        Store store(file, true);
        Statement query(store.db(), "SELECT j.hash FROM jobs j JOIN scores s ON s.job_id = j.id ORDER BY j.id");
        query.step();
        return query.text(0);
    }();
    const auto scores = [&](Store& store) { store.scores(hash); };
    const auto set = [](Store& store) { store.image_set(1); };
    for (const std::string size : {"0", "4", "639", "641", "1000000"}) {
        edit(file, "UPDATE scores SET scores = zeroblob(" + size + ")");
        CHECK(contains(complaint(file, scores), "values are stored, expected 160 for 80 images and 2 classes"));
        CHECK(contains(complaint(file, [](Store& store) { require_figures(store, {}); }), "values are stored"));
    }
    edit(file, "UPDATE image_sets SET images = 4611686018427387904");
    CHECK(contains(complaint(file, scores), "values are stored"));
    CHECK(contains(complaint(file, set), "has 80 images, its row says 4611686018427387904"));
    edit(file, "UPDATE image_sets SET images = 80, labels = zeroblob(159)");
    CHECK(contains(complaint(file, set), "has 159 labels, expected 160 for 80 images and 2 classes"));
    edit(file, "UPDATE image_sets SET labels = CAST(printf('%.160c', 'x') AS BLOB)");
    CHECK(contains(complaint(file, set), "has the label 120 at image 1, expected 1, 0 or -1"));
    edit(file, "UPDATE image_sets SET labels = zeroblob(160); "
               "INSERT INTO image_attributes VALUES (1, 'sex', '[\"female\"]')");
    CHECK(contains(complaint(file, set), "attribute \"sex\" has 1 values, expected one for each of 80 images"));
}

TEST_CASE("stranger: text that is not UTF-8, or that steers a terminal, is printed as escapes", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    make(file);
    edit(file, "UPDATE experiment_jobs SET method = CAST(X'636166E9' AS TEXT); UPDATE jobs SET state = 'failed', error "
               "= 'a' || char(27) || '[2Jb' || char(7) WHERE id = 1; UPDATE jobs SET host = CAST(X'FF' AS TEXT)");
    Store store(file, true);
    const auto rows = grid(store);
    for (const auto& text : {status_text(store), json::serialize(status_json(store, {}, {})), card_text(store),
                             verification_text(verify(store, folder.path)),
                             report_files(store, {}, report_figures(store, {}, rows)).front().second}) {
        CHECK_FALSE(invalid_utf8(text));
        CHECK(text.find_first_of("\x1b\x07") == std::string::npos);
    }
    CHECK(contains(status_text(store), "caf\\xE9"));
    CHECK(contains(status_text(store), "a\\x1B[2Jb\\x07"));
}

TEST_CASE("stranger: JSON that is none, of another kind, or nested 100000 deep is refused in a sentence", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "results.db";
    const std::string deep(100'000, '[');
    for (const std::string& text : {std::string("{"), std::string("7"), std::string("[]"), deep,
                                    "{\"stamps\": " + deep + std::string(100'000, ']') + "}"}) {
        INFO(text.substr(0, 20));
        fs::remove(file);
        make(file);
        edit(file, "UPDATE jobs SET details = '" + text + "'");
        Store store(file, true);
        const auto refused = [&](auto&& read) {
            const auto message = message_of(read);
            CHECK((message.empty() || contains(message, folder.path.string())));
            return !message.empty();
        };
        CHECK(refused([&] { card_text(store); }));
        refused([&] { status_text(store); });
        refused([&] { grid(store); });
        refused([&] { verify(store, folder.path); });
        refused([&] { store.details("p0"); });
        refused([&] { store.jobs_of("paged"); });
        refused([&] { copy_results(store, folder / "copy.db"); });
        fs::remove(folder / "copy.db");
    }
    edit(file, "UPDATE jobs SET details = '{}', config = '[1]'");
    CHECK(contains(complaint(file, [](Store& store) { store.jobs_of("paged"); }), "a row's config is no JSON object"));
    edit(file, "UPDATE image_sets SET classes = '[\"Mass\", 2]'");
    CHECK(contains(complaint(file, [](Store& store) { store.image_set(1); }), "a row's classes is no list of texts"));
}
