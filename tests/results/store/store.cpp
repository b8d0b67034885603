#include "tests/support/catch.h"

#include "core/error.h"
#include "results/metrics/classification.h"
#include "tests/support/results_fixture.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlvicx;
using namespace results_test;

TEST_CASE("store: per-image figures are kept with their images, including undefined ones", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto key = job("a1");
    key.draw = 7;
    auto outcome = result();
    const float none = std::numeric_limits<float>::quiet_NaN();
    outcome.image_metrics = {{{"f1n9e2", "test", {"b.png", "c.png"}, {"p2", "p3"}, {"lung"}, {1, 0}, {}},
                              {{"intersection", {12, 0}}, {"dice", {0.5f, none}}}}};
    store.finish(key, outcome, provenance);
    CHECK(number(store.db(), "SELECT draw FROM jobs WHERE hash = 'a1'") == 7);
    const auto dice = store.image_values("a1", "dice"), pixels = store.image_values("a1", "intersection");
    REQUIRE(dice);
    REQUIRE(pixels);
    CHECK(pixels->values == std::vector<float>{12, 0});
    CHECK(dice->values.at(0) == 0.5f);
    CHECK(std::isnan(dice->values.at(1)));
    CHECK(dice->set == pixels->set);
    const auto images = store.image_set(dice->set);
    CHECK(images.ids == std::vector<std::string>{"b.png", "c.png"});
    CHECK(images.classes == std::vector<std::string>{"lung"});
    CHECK(images.labels == std::vector<std::int8_t>{1, 0});
    CHECK_FALSE(store.image_values("a1", "hit"));

    outcome.image_metrics[0].metrics.pop_back();
    store.finish(key, outcome, provenance); // replaces what was there
    CHECK_FALSE(store.image_values("a1", "dice"));
    outcome.image_metrics[0].metrics[0].values.pop_back();
    CHECK_THROWS_AS(store.finish(key, outcome, provenance), InternalError);
    CHECK(store.image_values("a1", "intersection")->values == std::vector<float>{12, 0});
    CHECK(number(store.db(), "SELECT count(*) FROM jobs WHERE draw IS NULL") == 0);
}

TEST_CASE("store: everything in a result can be read back", "[unit]") {
    const TempFolder folder;
    const auto key = job("a1", "mlvicx", 0.05, 2);
    {
        Store store(folder / "results.db");
        store.finish(key, result(), provenance);
    }
    Store store(folder / "results.db", true);
    Statement row(store.db(),
                  "SELECT kind, method, dataset, protocol, fraction, seed, config, git_commit, suite_version, "
                  "libtorch_version, device, host, dataset_fingerprint, train_images, seconds, finished_at "
                  "FROM jobs WHERE hash = 'a1'");
    REQUIRE(row.step());
    CHECK(row.text(0) == "evaluate");
    CHECK(row.text(1) == "mlvicx");
    CHECK(row.text(2) == "nih");
    CHECK(row.text(3) == "frozen");
    CHECK(row.real(4) == 0.05);
    CHECK(row.integer(5) == 2);
    CHECK(row.text(6) == R"({"hash":"a1"})");
    CHECK(row.text(7) == "abc1234");
    CHECK(row.text(8) == "0.1.0");
    CHECK(row.text(9) == "1.13.0");
    CHECK(row.text(10) == "cpu");
    CHECK(row.text(11) == "box");
    CHECK(row.text(12) == "f1n9e2");
    CHECK(row.integer(13) == 40);
    CHECK(row.real(14) == 12.5);
    CHECK(row.text(15).size() == std::strlen("2025-03-01T12:00:00Z"));

    Statement metric(store.db(), "SELECT class, value, positives, negatives, defined FROM metrics WHERE split = 'test' "
                                 "AND metric = 'auc' ORDER BY position");
    REQUIRE(metric.step());
    CHECK(metric.text(0).empty());
    CHECK(metric.real(1) == 0.75);
    CHECK(metric.integer(4) == 2);
    REQUIRE(metric.step());
    CHECK(metric.text(0) == "Mass");
    CHECK(metric.real(1) == 0.625);
    CHECK(metric.integer(2) == 10);
    CHECK(metric.integer(3) == 90);
    REQUIRE(metric.step());
    REQUIRE(metric.step());
    CHECK(metric.text(0) == "Hernia");
    CHECK_FALSE(metric.maybe_real(1));
    CHECK_FALSE(metric.step());
    CHECK(number(store.db(), "SELECT count(*) FROM metrics WHERE split = 'validation' AND value IS NULL") == 2);
    CHECK(number(store.db(), "SELECT count(*) FROM curves") == 3);
    Statement curve(store.db(), "SELECT value FROM curves WHERE name = 'loss' AND epoch = 1");
    REQUIRE(curve.step());
    CHECK(curve.real(0) == 1.25);

    CHECK(store.scores("a1") == result().scores);
    CHECK(store.scores("unknown").empty());
    Statement images(store.db(), "SELECT f.labels, f.classes, f.images, s.image, s.patient FROM image_sets f "
                                 "JOIN scored_images s ON s.set_id = f.id WHERE s.position = 1");
    REQUIRE(images.step());
    const auto labels = images.blob(0);
    REQUIRE(labels.size() == 6);
    CHECK(std::memcmp(labels.data(), result().scored->labels.data(), 6) == 0);
    CHECK(images.text(1) == R"(["Mass","Nodule","Hernia"])");
    CHECK(images.integer(2) == 2);
    CHECK(images.text(3) == "b.png");
    CHECK(images.text(4) == "p2");
}

TEST_CASE("store: some of a job's metrics can be read without the others", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto outcome = result();
    outcome.test.push_back(metric_table("auc/sex=female", {{"Mass", 0.5, 1, 1}}));
    outcome.test.push_back(metric_table("brier", {{"Mass", 0.25, 1, 1}}));
    store.finish(job("a1"), outcome, provenance);
    CHECK(store.metrics("a1", "test").size() == 3);
    const std::vector<std::string> wanted = {"brier", "auc", "ece"};
    const auto found = store.metrics("a1", "test", wanted);
    REQUIRE(found.size() == 2);
    CHECK(found[0].metric == "auc");
    CHECK(found[0].classes.size() == 3);
    CHECK(found[1].mean == 0.25);
}

TEST_CASE("store: attributes of the test images are kept with their set, those written last", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto outcome = result();
    store.finish(job("a1"), outcome, provenance); // by a program or from a table that knows none
    CHECK(store.image_set(1).attributes.empty());
    outcome.scored->attributes = {{"sex", {"female", ""}}, {"age", {"57", "411"}}};
    store.finish(job("a2"), outcome, provenance);
    CHECK(number(store.db(), "SELECT count(*) FROM image_sets") == 1);
    CHECK(store.image_set(1).attributes ==
          std::vector<ImageAttribute>{{"age", {"57", "411"}}, {"sex", {"female", ""}}});
    outcome.scored->attributes = {{"age", {"57", "41"}}};
    store.finish(job("a3"), outcome, provenance);
    CHECK(store.image_set(1).attributes == std::vector<ImageAttribute>{{"age", {"57", "41"}}, {"sex", {"female", ""}}});
    outcome.scored->attributes[0].values.pop_back();
    CHECK_THROWS_AS(store.finish(job("a4"), outcome, provenance), InternalError);
}

TEST_CASE("store: pictures of a job are read back byte by byte, and replaced with the job", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto outcome = result();
    outcome.pictures = {{"segmentation", "Best, median and worst.", std::string("\x89PNG\0\r\n", 7)},
                        {"heatmaps", "Grad-CAM.", "x"}};
    store.finish(job("a1"), outcome, provenance);
    const auto found = store.pictures("a1");
    REQUIRE(found.size() == 2);
    CHECK(found[0].name == "heatmaps");
    CHECK(found[1].caption == "Best, median and worst.");
    CHECK(found[1].png == outcome.pictures[0].png);
    CHECK(store.pictures("a2").empty());
    outcome.pictures.pop_back();
    store.finish(job("a1"), outcome, provenance);
    CHECK(store.pictures("a1").size() == 1);
    Statement(store.db(), "DELETE FROM jobs").run();
    CHECK(number(store.db(), "SELECT count(*) FROM pictures") == 0);
}

TEST_CASE("store: figures other than the AUC are stored by name, and never as NaN", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto r = result();
    r.test = classification_tables(r.scores, r.scored->labels, r.scored->classes);
    store.finish(job("a1"), r, provenance);
    Statement metric(store.db(), "SELECT class, value, positives, negatives, defined FROM metrics WHERE split = 'test' "
                                 "AND metric = 'average_precision' ORDER BY position");
    REQUIRE(metric.step());
    CHECK(metric.text(0).empty());
    CHECK(metric.real(1) == *r.test[1].mean);
    CHECK(metric.integer(4) == 2); // the third has no positive image
    REQUIRE(metric.step());
    CHECK(metric.text(0) == "Mass");
    CHECK(metric.real(1) == 0.5);
    REQUIRE(metric.step());
    CHECK(metric.text(0) == "Nodule");
    CHECK(metric.integer(2) == 1);
    CHECK(number(store.db(), "SELECT count(*) FROM metrics WHERE split = 'test'") == 5 * 4);
    r.test[1].mean = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(store.finish(job("a2"), r, provenance), InternalError);
    r.test[1].mean = 0.5;
    r.test[1].metric = "auc";
    CHECK_THROWS_AS(store.finish(job("a2"), r, provenance), InternalError);
}

TEST_CASE("store: NaN is never stored as a number", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    auto bad_score = result();
    bad_score.scores[4] = std::numeric_limits<float>::quiet_NaN();
    auto bad_mean = result();
    bad_mean.test[0].mean = nan;
    auto bad_class = result();
    bad_class.validation[0].classes[0].value = nan;
    auto short_scores = result();
    short_scores.scores.pop_back();
    for (const auto& bad : {bad_score, bad_mean, bad_class, short_scores})
        CHECK_THROWS_AS(store.finish(job("a1"), bad, provenance), InternalError);
    CHECK(store.state("a1") == JobState::absent);
    CHECK(number(store.db(), "SELECT count(*) FROM metrics") == 0);
    // A loss may end as NaN, which is worth recording: NULL.
    auto diverged = result();
    diverged.curves = {{0, "loss", nan}};
    diverged.details = {{"loss", nan}};
    store.finish(job("a1"), diverged, provenance);
    CHECK(number(store.db(), "SELECT count(*) FROM curves WHERE value IS NULL") == 1);
    CHECK(store.details("a1").at("loss").is_null());
}
