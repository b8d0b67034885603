#include "tests/support/catch.h"

#include "core/error.h"
#include "results/report/report.h"
#include "results/report/sections/grid_csv.h"
#include "results/store/copy.h"
#include "results/verify/verify.h"
#include "tests/support/honest_experiment.h"

using namespace mlvicx;
using namespace results_test;

namespace fs = std::filesystem;

namespace {

std::string complaint(Store& source, const fs::path& target, const CopyOptions& options = {}) {
    try {
        copy_results(source, target, options);
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

std::string figures(const fs::path& file, const std::string& experiment = {}) {
    Store store(file, true);
    return grid_csv(grid(store, experiment)) + seeds_csv(store, experiment);
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

TEST_CASE("copy: one file, clean, with the same figures and no claim of a process", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store source(folder / "results.db");
    REQUIRE(source.claim(job("0123456789abcdef", "vicreg"), "elsewhere:12", 600));
    const auto copied = copy_results(source, folder / "out/clean.db");
    CHECK(copied.experiments == 1);
    CHECK(copied.jobs == 23);
    CHECK(copied.done == 22);
    CHECK(copied.jobs_without.empty());
    CHECK(names_in(folder / "out") == std::vector<std::string>{"clean.db"});
    {
        Sqlite copy(folder / "out/clean.db", true);
        Statement mode(copy, "PRAGMA journal_mode");
        REQUIRE(mode.step());
        CHECK(mode.text(0) == "delete");
        CHECK(number(copy, "SELECT count(*) FROM jobs WHERE state = 'running' OR owner IS NOT NULL") == 0);
        CHECK(number(copy, "PRAGMA freelist_count") == 0);
    }
    CHECK(figures(folder / "out/clean.db") == figures(folder / "results.db"));
    Store copy(folder / "out/clean.db", true);
    const auto found = verify(copy, folder / "results.artifacts/encoders");
    INFO(verification_text(found));
    bool only_the_claimed = true; // its hash is made up
    for (const auto& finding : found.findings())
        only_the_claimed = only_the_claimed && finding.where.find("vicreg") != std::string::npos;
    CHECK(only_the_claimed);
    CHECK(source.state("0123456789abcdef") == JobState::running); // the source is as it was
}

TEST_CASE("copy: without scores the figures stay, and a check says what it could not do", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    {
        Store source(folder / "results.db", true);
        const auto copied = copy_results(source, folder / "small.db", {"", {"scores", "curves", "pictures"}});
        CHECK(copied.jobs_without.at("scores") == 18); // with scores, or only with pixel counts
        CHECK(copied.jobs_without.at("curves") == 4);
        CHECK(copied.jobs_without.at("pictures") == 6);
    }
    CHECK(fs::file_size(folder / "small.db") < fs::file_size(folder / "results.db"));
    Store whole(folder / "results.db", true), small(folder / "small.db", true);
    const auto a = grid(whole), b = grid(small);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t c = 0; c < a[i].cells.size(); ++c) {
            CHECK(a[i].cells[c].main().value.mean == b[i].cells[c].main().value.mean);
            CHECK(a[i].cells[c].main().interval);
            CHECK_FALSE(b[i].cells[c].main().interval);
        }
    const auto found = verify(small, folder / "results.artifacts/encoders");
    CHECK(found.clean());
    CHECK(found.not_checked().at("jobs stored scores that this file does not have") == 12);
    CHECK(found.not_checked().at("jobs stored image_values that this file does not have") == 12);
    CHECK(found.not_checked().at("jobs stored curves that this file does not have") == 4);
    CHECK(found.not_checked().at("jobs stored pictures that this file does not have") == 6);
    small.db().run("PRAGMA query_only = OFF; UPDATE metrics SET value = 0.99 WHERE metric = 'auc' AND position = 0");
    CHECK(verify(small, folder / "none").findings().size() == 12); // the digests still tell
}

TEST_CASE("copy: one experiment takes its jobs along, and no others", "[unit]") {
    const TempFolder folder;
    HonestOptions other;
    other.experiment = "longer";
    other.fingerprint = std::string(64, 'b');
    make_honest(folder / "results.db");
    make_honest(folder / "results.db", other);
    Store source(folder / "results.db", true);
    const auto copied = copy_results(source, folder / "one.db", {"honest", {}});
    CHECK(copied.experiments == 1);
    CHECK(copied.jobs == 22);
    CHECK(figures(folder / "one.db") == figures(folder / "results.db", "honest"));
    Sqlite copy(folder / "one.db", true);
    CHECK(number(copy, "SELECT count(*) FROM image_sets") == 3); // of the classes, the masks and the boxes
    CHECK(number(copy, "PRAGMA foreign_key_check") == 0);
}

TEST_CASE("copy: an existing target, an unknown part and an unknown experiment are refused; nothing is left",
          "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store source(folder / "results.db", true);
    const auto taken = folder / "results.db";
    CHECK(complaint(source, taken) == taken.string() + ": exists already, expected a new name");
    CHECK(complaint(source, folder / "x/new.db", {"", {"score"}}) ==
          "--without has \"score\", expected one of: scores, curves, pictures (did you mean \"scores\"?)");
    CHECK(complaint(source, folder / "x/new.db", {"honset", {}}).find("has no experiment \"honset\"") !=
          std::string::npos);
    CHECK_FALSE(fs::exists(folder / "x"));
}
