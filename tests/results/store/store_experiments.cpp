#include "tests/support/catch.h"

#include "core/error.h"
#include "tests/support/results_fixture.h"

using namespace mlvicx;
using namespace results_test;

TEST_CASE("store_experiments: a file keeps the descriptions of its protocols, and of others only the name", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    store.describe_protocols(
        std::vector<Protocol>{{"knn", "neighbours", Task::classification}, {"boxes", "detection", Task::segmentation}});
    const auto known = store.protocols();
    CHECK(protocol_of(known, "knn").label == "neighbours"); // replaces the file's description
    CHECK(protocol_of(known, "boxes").task == Task::segmentation);
    CHECK(protocol_of(known, "finetuned").label == "fine-tuned");
    CHECK(protocol_of(known, "unheard of").label == "unheard of");
    CHECK(protocol_of(known, "").label == "pre-training");
}

TEST_CASE("store_experiments: an experiment's jobs are read as registered, with the description of their encoder",
          "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto drawn = job("a1", "byol", 0.5, 3);
    drawn.draw = 7;
    store.add_experiment("two", json::object(), {drawn, job("a2", "random")});
    auto r = result();
    r.details["weights"] = json::object{{"random", true}};
    store.finish(job("a2", "random"), r, provenance);
    store.fail(drawn, "out of memory", provenance);
    const auto jobs = store.jobs_of("two");
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0].key.hash == "a1");
    CHECK(jobs[0].key.draw == 7);
    CHECK(jobs[0].key.config == drawn.config);
    CHECK(jobs[0].weights.empty());
    CHECK_FALSE(jobs[0].key.control);
    CHECK(jobs[1].key.control);
    CHECK(jobs[1].weights.contains("random"));
    CHECK(store.jobs_of("three").empty());
    CHECK(store.error_of("a1") == "out of memory");
    CHECK(store.error_of("a2").empty());
    const auto metrics = store.metrics("a2", "test");
    REQUIRE(metrics.size() == 1);
    CHECK(metrics[0].metric == "auc");
    CHECK(metrics[0].mean == r.test[0].mean);
    CHECK(metrics[0].defined == 2);
    REQUIRE(metrics[0].classes.size() == 3);
    CHECK(metrics[0].classes[2].name == "Hernia");
    CHECK_FALSE(metrics[0].classes[2].value);
    CHECK(metrics[0].classes[2].negatives == 100);
}

TEST_CASE("store_experiments: the images of a dataset and split are stored once for all jobs, and again if they differ",
          "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    store.finish(job("a1"), result(), provenance);
    store.finish(job("a2"), result(), provenance);
    CHECK(number(store.db(), "SELECT count(*) FROM image_sets") == 1);
    CHECK(number(store.db(), "SELECT count(*) FROM scored_images") == 2);
    auto other = result();
    other.scored->labels[0] = 0;
    store.finish(job("a3"), other, provenance);
    CHECK(number(store.db(), "SELECT count(*) FROM image_sets") == 2);
}

TEST_CASE("store_experiments: a new result replaces a failure or an older result completely", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const auto key = job("a1");
    REQUIRE(store.claim(key, "elsewhere:1", 60));
    store.fail(key, "out of memory", provenance);
    CHECK(store.state("a1") == JobState::failed);
    CHECK(number(store.db(), "SELECT owner IS NULL AND error = 'out of memory' FROM jobs") == 1);
    CHECK(store.claim(key, "elsewhere:2", 60)); // a failed job may be tried again
    store.finish(key, result(), provenance);
    CHECK(number(store.db(), "SELECT owner IS NULL AND error IS NULL FROM jobs") == 1);
    JobResult smaller;
    smaller.curves = {{0, "loss", 1}};
    store.finish(key, smaller, provenance);
    CHECK(number(store.db(), "SELECT count(*) FROM curves") == 1);
    CHECK(number(store.db(), "SELECT count(*) FROM metrics") == 0);
    CHECK(number(store.db(), "SELECT count(*) FROM scores") == 0);
}

TEST_CASE("store_experiments: plans share jobs and keep their own names of them", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const json::value plan = {{"name", "demo"}}, changed = {{"name", "demo"}, {"seeds", 2}};
    const auto first = store.add_experiment("demo", plan, {job("a1"), job("a2", "byol")});
    const auto again = store.add_experiment("demo", plan, {job("a1"), job("a2", "byol")});
    CHECK(first == again);
    CHECK(number(store.db(), "SELECT count(*) FROM experiment_jobs") == 2);
    CHECK(store.add_experiment("demo", changed, {job("a1")}) != first);
    store.add_experiment("other", plan, {job("a1", "ours", 1, 0, "frozen", "chestxray14")});
    store.finish(job("a1"), result(), provenance);
    CHECK(number(store.db(), "SELECT count(*) FROM jobs") == 2);
    CHECK(number(store.db(), "SELECT count(*) FROM experiments") == 3);
    CHECK(number(store.db(), "SELECT count(*) FROM evaluations WHERE experiment = 'demo' AND method = 'mlvicx' "
                             "AND dataset = 'nih'") == 1);
    CHECK(number(store.db(), "SELECT count(*) FROM evaluations WHERE experiment = 'other' AND method = 'ours' "
                             "AND dataset = 'chestxray14'") == 1);
}

TEST_CASE("store_experiments: typical seconds are the mean of finished jobs of the kind", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    CHECK_FALSE(store.typical_seconds("evaluate", "frozen"));
    auto r = result();
    for (const double seconds : {10.0, 20.0}) {
        r.seconds = seconds;
        store.finish(job("f" + std::to_string(seconds)), r, provenance);
    }
    r.seconds = 1000;
    store.finish(job("t", "mlvicx", 1, 0, "finetuned"), r, provenance);
    store.finish(job("p", "mlvicx", 0, 0, ""), r, provenance);
    CHECK(*store.typical_seconds("evaluate", "frozen") == 15);
    CHECK(*store.typical_seconds("pretrain", "") == 1000);
}
