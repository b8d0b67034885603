#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "results/report/curves.h"
#include "results/report/report.h"
#include "results/report/sections/grid_csv.h"
#include "results/store/copy.h"
#include "results/store/merge.h"
#include "results/store/transfer.h"
#include "results/verify/verify.h"
#include "tests/support/honest_experiment.h"

#include <fmt/format.h>

using namespace mlvicx;
using namespace results_test;

namespace fs = std::filesystem;

namespace {

/// Everything that a report shows in numbers.
std::string tables(const fs::path& file, const std::string& experiment = {}) {
    Store store(file, true);
    std::string text = grid_csv(grid(store, experiment)) + seeds_csv(store, experiment);
    Statement rows(store.db(),
                   "SELECT e.name, e.turn, x.position, j.hash, x.method, x.dataset, x.control, j.state FROM "
                   "experiments e JOIN experiment_jobs x ON x.experiment_id = e.id JOIN jobs j ON j.id = "
                   "x.job_id ORDER BY e.turn, x.position");
    while (rows.step())
        for (int i = 0; i < 8; ++i) text += rows.text(i) + (i < 7 ? "," : "\n");
    return text;
}

/// Makes the jobs for which `condition` holds missing again.
void forget(const fs::path& file, const std::string& condition) {
    Sqlite db(file);
    for (const auto& table : tables_of_jobs())
        db.run("DELETE FROM " + table + " WHERE job_id IN (SELECT id FROM jobs WHERE " + condition + ")");
    db.run(
        "UPDATE jobs SET state = 'missing', error = NULL, git_commit = NULL, suite_version = NULL, host = NULL, device "
        "= NULL, libtorch_version = NULL, dataset_fingerprint = NULL, train_images = NULL, details = NULL, started_at "
        "= NULL, finished_at = NULL, seconds = NULL WHERE " +
        condition);
    db.run("DELETE FROM image_sets WHERE id NOT IN (SELECT set_id FROM scores UNION SELECT set_id FROM image_values)");
}

/// whole.db, and the same in two parts, a.db and b.db.
struct Parts {
    TempFolder folder;
    fs::path a = folder / "a.db", b = folder / "b.db", whole = folder / "whole.db", out = folder / "all.db";
    Parts() {
        make_honest(whole);
        fs::copy_file(whole, a);
        fs::copy_file(whole, b);
        forget(a, "seed = 1");
        forget(b, "seed = 0");
    }
    Merged merge(const std::vector<fs::path>& inputs) const { return merge_results(inputs, out); }
    std::string refusal(const std::vector<fs::path>& inputs) const {
        const auto before = folder.names();
        auto message = message_of([&] { merge_results(inputs, out); });
        CHECK(folder.names() == before);
        return message;
    }
};

} // namespace

TEST_CASE("merge: parts give the tables of the whole file in any order, and pass its checks", "[unit]") {
    const Parts parts;
    const auto merged = parts.merge({parts.a, parts.b});
    CHECK(merged.jobs == 22);
    CHECK(merged.done == 22);
    CHECK(merged.done_twice == 0);
    CHECK(merged.experiments == 1);
    REQUIRE(merged.inputs.size() == 2);
    CHECK(merged.inputs[0].file == parts.a);
    CHECK(merged.inputs[0].done == 11);
    CHECK(tables(parts.out) == tables(parts.whole));
    {
        Store all(parts.out, true);
        const auto found = verify(all, parts.folder / "whole.artifacts/encoders");
        INFO(verification_text(found));
        CHECK(found.clean());
        Store whole(parts.whole, true);
        const std::string hash = honest_job({}, "byol", 1).hash;
        CHECK(curves_of(all, hash).size() == curves_of(whole, hash).size());
        const auto masks = honest_job({}, "byol", 1, "segmentation_frozen", 1).hash;
        CHECK(all.pictures(masks).at(0).png == whole.pictures(masks).at(0).png);
        CHECK(number(all.db(), "SELECT count(*) FROM leakage") == number(whole.db(), "SELECT count(*) FROM leakage"));
        CHECK(number(all.db(), "SELECT count(*) FROM image_sets") == 3); // shared by the parts
        CHECK(number(all.db(), "PRAGMA freelist_count") == 0);
    }
    merge_results(std::vector<fs::path>{parts.b, parts.a}, parts.folder / "turned.db");
    CHECK(tables(parts.folder / "turned.db") == tables(parts.whole));
}

TEST_CASE("merge: a job that is done wins over a failed one, a failed one over a missing one", "[unit]") {
    const Parts parts;
    const std::string failed = "state = 'failed', error = 'no memory', finished_at = '2026-01-02T03:04:05Z'";
    forget(parts.a, "method = 'byol'");
    Sqlite(parts.a).run("UPDATE jobs SET " + failed + " WHERE method = 'byol' AND kind = 'pretrain'");
    Sqlite(parts.b).run("UPDATE jobs SET state = 'running', owner = 'elsewhere:1', lease_until = 4e9 WHERE method = "
                        "'byol' AND kind = 'pretrain' AND seed = 0");
    const auto merged = parts.merge({parts.b, parts.a});
    CHECK(merged.failed == 1); // seed 1 is done in b
    Store all(parts.out);
    CHECK(all.error_of(honest_job({}, "byol", 0).hash) == "no memory");
    CHECK(all.state(honest_job({}, "byol", 1).hash) == JobState::done);
    CHECK(number(all.db(), "SELECT count(*) FROM jobs WHERE owner IS NOT NULL OR state = 'running'") == 0);
}

TEST_CASE("merge: jobs that are done twice may differ in time, machine and rate, and are kept once", "[unit]") {
    const Parts parts;
    fs::remove(parts.b);
    fs::copy_file(parts.whole, parts.b);
    Sqlite(parts.b).run("UPDATE jobs SET host = 'other', device = 'cuda', seconds = 7, finished_at = "
                        "'2020-01-01T00:00:00Z', git_commit = 'fff'; UPDATE jobs SET details = json_set(details, "
                        "'$.weights.file', 'part-2.artifacts/e.safetensors') WHERE json_type(details, "
                        "'$.weights.file') = 'text'; INSERT INTO curves SELECT id, 'images_per_second', 0, "
                        "5 FROM jobs WHERE kind = 'pretrain'");
    for (const auto& inputs : {std::vector{parts.a, parts.b}, std::vector{parts.b, parts.a}}) {
        fs::remove(parts.out);
        const auto merged = parts.merge(inputs);
        CHECK(merged.jobs == 22);
        CHECK(merged.done_twice == 11);
        CHECK(tables(parts.out) == tables(parts.whole));
        Store all(parts.out, true);
        CHECK(number(all.db(), "SELECT count(*) FROM jobs WHERE host = 'other'") == 22); // those finished first
    }
}

TEST_CASE("merge: another figure under one hash is a conflict that names files, job, metric and values", "[unit]") {
    const Parts parts;
    const auto key = honest_job({}, "mlvicx", 0, "frozen", 1);
    const auto edit = [&](const std::string& sql) {
        fs::remove(parts.b);
        fs::copy_file(parts.whole, parts.b);
        Sqlite(parts.b).run(sql);
        return parts.refusal({parts.a, parts.b});
    };
    const std::string job = " (SELECT id FROM jobs WHERE hash = '" + key.hash + "')";
    const auto message = edit("UPDATE metrics SET value = 0.123 WHERE metric = 'auc' AND split = 'test' AND class = "
                              "'Nodule' AND job_id =" +
                              job);
    INFO(message);
    CHECK(message.find("1 of 22 jobs have other figures in one file than in another") == 0);
    CHECK(contains(message, parts.a.string() + " and " + parts.b.string() + ": mlvicx seed 0, frozen, fraction 1"));
    CHECK(contains(message, "hash " + key.hash.substr(0, 8)));
    CHECK(contains(message, "test auc of Nodule: 0."));
    CHECK(contains(message, " and 0.123"));
    CHECK(contains(edit("UPDATE scores SET scores = zeroblob(length(scores)) WHERE job_id =" + job),
                   ": scores: SHA-256 "));
    CHECK(contains(edit("UPDATE leakage SET in_pretraining = 3 WHERE job_id =" + job), ": in_pretraining: 2 and 3"));
    CHECK(contains(edit("UPDATE curves SET value = 9 WHERE name = 'loss' AND epoch = 4"),
                   "2 of 22 jobs have other figures")); // the others are missing in a
    CHECK(contains(edit("UPDATE jobs SET train_images = 11 WHERE hash = '" + key.hash + "'"),
                   ": train_images: 200 and 11"));
    CHECK(contains(edit("UPDATE pictures SET caption = 'else'"),
                   ": caption of segmentation: Masks of test images. and else"));
}

TEST_CASE("merge: a copy without scores and the whole file give the whole file", "[unit]") {
    const Parts parts;
    {
        Store whole(parts.whole, true);
        copy_results(whole, parts.folder / "small.db", {"", {"scores", "curves", "pictures"}});
    }
    parts.merge({parts.folder / "small.db", parts.whole});
    CHECK(tables(parts.out) == tables(parts.whole));
    Store all(parts.out, true);
    CHECK(number(all.db(), "SELECT count(*) FROM scores") == 12);
}

TEST_CASE("merge: experiments with other plans stay apart; one plan with other jobs is refused", "[unit]") {
    const Parts parts;
    HonestOptions other;
    other.experiment = "longer";
    other.epochs = 20;
    make_honest(parts.folder / "c.db", other);
    const auto merged = parts.merge({parts.a, parts.b, parts.folder / "c.db"});
    CHECK(merged.experiments == 2);
    CHECK(tables(parts.out, "longer").find("longer") != std::string::npos);
    other.experiment = "honest"; // the same text of the plan, but other images
    other.epochs = 10;
    other.fingerprint = std::string(64, 'b');
    make_honest(parts.folder / "d.db", other);
    fs::remove(parts.out);
    const auto message = parts.refusal({parts.a, parts.folder / "d.db"});
    INFO(message);
    CHECK(contains(message, "experiment \"honest\" has other jobs in one than in the other"));
    CHECK(contains(message, "dataset: \"aaaa"));
}

TEST_CASE("merge: attributes that two files know differently are refused with the image", "[unit]") {
    const Parts parts;
    const auto know = [](const fs::path& file, const std::string& sex) {
        Sqlite db(file);
        db.run("DELETE FROM image_attributes");
        db.run("INSERT INTO image_attributes SELECT id, 'sex', (SELECT json_group_array(iif(position = 7, '" + sex +
               "', 'F')) FROM scored_images WHERE set_id = image_sets.id) FROM image_sets");
    };
    know(parts.a, "M");
    know(parts.b, "M");
    parts.merge({parts.a, parts.b});
    {
        Store all(parts.out, true);
        CHECK(all.image_set(1).attributes.at(0).values.at(7) == "M");
    }
    fs::remove(parts.out);
    know(parts.b, "F");
    const auto message = parts.refusal({parts.a, parts.b});
    INFO(message);
    CHECK(contains(message, "image 007.png has sex \""));
}

TEST_CASE("merge: files of every older schema are merged with a new one", "[reference]") {
    const TempFolder folder;
    const int schema = GENERATE(1, 2, 3, 4, 5);
    Sqlite(folder / "old.db").run(read_text(fmt::format(MLVICX_TEST_DATA "/results_schema_{}.sql", schema)));
    make_honest(folder / "new.db");
    const auto merged = merge_results(std::vector<fs::path>{folder / "old.db", folder / "new.db"}, folder / "all.db");
    CHECK(merged.experiments == 2);
    Store all(folder / "all.db", true);
    CHECK(all.state("0123456789abcdef") == JobState::done);
    CHECK(all.state("fedcba9876543210") == JobState::failed);
    CHECK(all.scores("0123456789abcdef") == std::vector<float>{0.5f, 0.25f});
    CHECK(number(all.db(), "SELECT count(*) FROM jobs WHERE state = 'done'") == merged.done);
    CHECK(number(all.db(), "PRAGMA foreign_key_check") == 0);
}

TEST_CASE("merge: a part that was killed before it had tables is left out", "[unit]") {
    const Parts parts;
    write_text(parts.folder / "nothing.db", "");
    const std::vector<fs::path> inputs{parts.a, parts.folder / "nothing.db", parts.b};
    const auto merged = merge_results(inputs, parts.out);
    CHECK(merged.inputs.size() == 2);
    CHECK(merged.jobs > 0);
}

TEST_CASE("merge: an output that exists or is an input, one input twice and a missing input are refused", "[unit]") {
    const Parts parts;
    const auto refusal = [&](const std::vector<fs::path>& inputs, const fs::path& out) {
        return message_of([&] { merge_results(inputs, out); });
    };
    CHECK(refusal({parts.a, parts.b}, parts.b) == parts.b.string() + ": exists already, expected a new name");
    fs::create_symlink(parts.a, parts.folder / "link.db");
    CHECK(contains(refusal({parts.a, parts.folder / "link.db"}, parts.out), " are one file, expected different ones"));
    CHECK(contains(refusal({parts.a, parts.folder / "none.db"}, parts.out), "none.db: no such results file"));
    write_text(parts.folder / "nothing.db", "");
    write_text(parts.folder / "void.db", "");
    CHECK(refusal({parts.folder / "nothing.db", parts.folder / "void.db"}, parts.out) ==
          fmt::format("no results in {0}/nothing.db, {0}/void.db, expected a file that has some",
                      parts.folder.path.string()));
    write_text(parts.folder / "text.db", std::string(2000, 'x'));
    CHECK(contains(refusal({parts.a, parts.folder / "text.db"}, parts.out), "is not an SQLite database"));
    CHECK_FALSE(fs::exists(parts.out));
}
