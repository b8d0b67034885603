#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/honest_experiment.h"

#include <chrono>
#include <thread>

using namespace mlvicx;
using namespace mlvicx::testing;
using namespace results_test;

namespace fs = std::filesystem;

namespace {

/// A folder with results.db, made once; tests that change it take a copy.
const TempFolder& made() {
    static const TempFolder folder;
    static const bool once = [] {
        make_honest(folder / "results.db");
        return true;
    }();
    REQUIRE(once);
    return folder;
}

struct Copy {
    TempFolder folder;
    Copy() { fs::copy(made().path, folder.path, fs::copy_options::recursive); }
    void edit(const std::string& sql) const { Sqlite(folder / "results.db").run(sql); }
};

const char* const raised = "UPDATE metrics SET value = 0.99 WHERE split = 'test' AND metric = 'auc' AND position = 0";

/// Ends with status 2 and one sentence with all of these words; leaves no new file.
void check_refused(const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
    const auto before = names_below(made());
    const Ran ran = run_bench(made(), arguments);
    INFO(ran.out + ran.err);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    for (const auto& word : words) CHECK(contains(ran.err, word));
    CHECK(names_below(made()) == before);
}

} // namespace

TEST_CASE("results_commands: verify ends with 0 on an untouched file and with 3 on an edited one", "[unit]") {
    const Ran clean = run_bench(made(), {"verify", "results.db"});
    INFO(clean.out + clean.err);
    CHECK(clean.status == 0);
    CHECK(contains(clean.out, "Everything that was checked agrees."));
    const Copy copy;
    copy.edit(raised);
    const Ran edited = run_bench(copy.folder, {"verify", "results.db"});
    CHECK(edited.status == 3);
    CHECK(contains(edited.out, "auc, mean over classes, is 0.99, its scores give 0."));
    CHECK(edited.err.empty());
}

TEST_CASE("results_commands: a report refuses a figure that its scores do not give", "[unit]") {
    const Copy copy;
    CHECK(run_bench(copy.folder, {"report", "results.db"}).status == 0);
    copy.edit(raised);
    const Ran edited = run_bench(copy.folder, {"report", "results.db"});
    INFO(edited.out + edited.err);
    CHECK(edited.status == 2);
    CHECK(contains(edited.err, "is 0.99, its scores give 0."));
    CHECK_FALSE(contains(edited.out, "99.0"));
}

TEST_CASE("results_commands: a damaged file is named, by verify with what SQLite finds", "[unit]") {
    const Copy copy;
    auto bytes = read_text(copy.folder / "results.db");
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 20000; ++i) bytes[i] = 'x';
    write_text(copy.folder / "results.db", bytes);
    const Ran found = run_bench(copy.folder, {"verify", "results.db"});
    INFO(found.out + found.err);
    CHECK((found.status == 3 || found.status == 2)); // 2 if not even the schema can be read
    CHECK((contains(found.out, "SQLite: ") || contains(found.err, "damaged")));
}

TEST_CASE("results_commands: export writes one file that reports and verifies like the original", "[unit]") {
    const Copy copy;
    const Ran made_it = run_bench(copy.folder, {"export", "--database", "clean.db", "results.db"});
    INFO(made_it.out + made_it.err);
    CHECK(made_it.status == 0);
    CHECK(contains(made_it.out, "clean.db: 1 experiment, 22 of 22 jobs done, "));
    CHECK(run_bench(copy.folder, {"verify", "clean.db"}).status == 0);
    const auto report = [&](const char* file) {
        const Ran ran = run_bench(copy.folder, {"report", file, "--prefix", "out/r"});
        CHECK(ran.status == 0);
        return ran.out + read_text(copy.folder / "out/r.csv") + read_text(copy.folder / "out/r-pairs.csv");
    };
    CHECK(report("clean.db") == report("results.db"));
    const Ran small = run_bench(copy.folder, {"export", "--database", "small.db", "results.db", "--without", "scores"});
    CHECK(small.status == 0);
    CHECK(contains(small.out, "left out: scores of 18 jobs; reports on it have no intervals"));
    CHECK(run_bench(copy.folder, {"report", "small.db"}).status == 0);
}

TEST_CASE("results_commands: compare ends with 0 for equal files and with 3 if a figure is worse", "[unit]") {
    const Copy copy;
    fs::create_directories(copy.folder / "b");
    HonestOptions worse;
    worse.skill = 0;
    worse.images = 60;
    worse.noise = 0;
    make_honest(copy.folder / "b/results.db", worse);
    CHECK(run_bench(copy.folder, {"compare", "results.db", "results.db"}).status == 0);
    const Ran ran = run_bench(copy.folder, {"compare", "results.db", "b/results.db"});
    INFO(ran.out + ran.err);
    CHECK(ran.status == 3);
    CHECK(contains(ran.out, "WORSE"));
    CHECK(run_bench(copy.folder, {"compare", "b/results.db", "results.db"}).status == 0);
}

TEST_CASE("results_commands: card and watch print and end", "[unit]") {
    const Ran card = run_bench(made(), {"report", "results.db", "--card"});
    CHECK(card.status == 0);
    CHECK(card.out.starts_with("**Data.** nih: "));
    const Ran ended = run_bench(made(), {"status", "results.db", "--watch"});
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "honest: 22 of 22 jobs done"));
    CHECK_FALSE(contains(ended.out, "\033"));
    const Copy copy;
    copy.edit("UPDATE jobs SET state = 'missing' WHERE protocol = 'frozen'");
    std::thread finisher([&] { // as a run does while another process looks
        const auto shown = [&] {
            const auto file = copy.folder / "stdout";
            const std::string text = fs::exists(file) ? read_text(file) : "";
            return text.find("10 of 22") != text.rfind("10 of 22");
        };
        for (int i = 0; i < 600 && !shown(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        copy.edit("UPDATE jobs SET state = 'done'");
    });
    const Ran followed = run_bench(copy.folder, {"status", "results.db", "--watch", "--every", "0.1"}, 90);
    finisher.join();
    INFO(followed.out);
    CHECK(followed.status == 0);
    CHECK(contains(followed.out, "honest: 10 of 22 jobs done, 0 running, 0 failed, 12 missing"));
    CHECK(contains(followed.out, "honest: 22 of 22 jobs done"));
}

TEST_CASE("results_commands: mistakes are named in one sentence", "[unit]") {
    write_text(made() / "text.db", "this is no database but it is long enough to be a page of one\n");
    for (const char* command : {"verify", "status"}) {
        check_refused({command, "none.db"}, {"none.db: no such results file"});
        check_refused({command, "text.db"}, {"text.db: is not an SQLite database"});
        check_refused({command}, {command, "RESULTS is required"});
    }
    check_refused({"compare", "results.db", "none.db"}, {"none.db: no such results file"});
    check_refused({"compare", "results.db"}, {"B is required"});
    check_refused({"compare", "results.db", "results.db", "--margin", "-1"}, {"--margin", "found \"-1\""});
    check_refused({"compare", "results.db", "results.db", "--experiment-b", "honset"},
                  {"no experiment \"honset\"", "did you mean \"honest\"?"});
    check_refused({"export"}, {"export needs --encoder and --out, or --database and a results file"});
    check_refused({"export", "results.db"}, {"results.db: export needs --database FILE"});
    check_refused({"export", "--database", "new.db"}, {"export --database new.db needs the results file"});
    check_refused({"export", "--database", "text.db", "results.db"}, {"text.db: exists already"});
    check_refused({"export", "--database", "new.db", "results.db", "--without", "score"},
                  {"--without", "score", "did you mean \"scores\"?"});
    check_refused({"export", "--database", "new.db", "results.db", "--experiment", "x"}, {"no experiment \"x\""});
    check_refused({"export", "--database", "new.db", "results.db", "--out", "y"}, {"--out"});
    check_refused({"status", "results.db", "--every", "5"}, {"--every", "--watch"});
    check_refused({"status", "results.db", "--watch", "--every", "0"}, {"--every", "found \"0\""});
    check_refused({"report", "results.db", "--card", "--experiment", "x"}, {"no experiment \"x\""});
}
