#include "tests/support/catch.h"

#include "results/report/status_json.h"
#include "tests/support/honest_experiment.h"

using namespace mlvicx;
using namespace results_test;

TEST_CASE("status_json: what runs where since when, how fast, the time left, failures and the disk", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db");
    const auto key = honest_job({}, "byol", 1), failed = honest_job({}, "random", 0, "frozen", 1);
    store.db().run("UPDATE jobs SET state = 'missing', finished_at = NULL WHERE hash IN ('" + key.hash + "', '" +
                   failed.hash + "')");
    REQUIRE(store.claim(key, "elsewhere:12@0a1b2c3d", 600));
    store.fail(failed, "no memory", provenance);
    LiveTraining training;
    training.curves = {{"images_per_second", {100, 125}}};
    training.epochs = 3;
    training.seconds_per_epoch = 60;
    const auto status = status_json(store, {{key.hash, training}}, {{"results", 1000}, {"encoders", 2.5e9}});
    CHECK(status.at("disk_bytes").at("encoders") == 2'500'000'000);
    REQUIRE(status.at("experiments").as_array().size() == 1);
    const auto& experiment = status.at("experiments").at(0);
    CHECK(experiment.at("name") == "honest");
    CHECK(experiment.at("ended") == false);
    CHECK(experiment.at("jobs") ==
          json::value{{"all", 22}, {"done", 20}, {"running", 1}, {"failed", 1}, {"missing", 0}, {"blocked", 0}});
    CHECK(experiment.at("seconds_left") == 420); // seven epochs
    CHECK(experiment.at("seconds_left_is_complete") == true);
    REQUIRE(experiment.at("running").as_array().size() == 1);
    const auto& running = experiment.at("running").at(0);
    CHECK(running.at("job") == "byol, pre-training on nih, seed 1");
    CHECK(running.at("hash").as_string() == key.hash);
    CHECK(running.at("owner") == "elsewhere:12");
    CHECK(running.at("alive") == true);
    CHECK(running.at("since").as_string().starts_with("20"));
    CHECK(running.at("epoch") == 3);
    CHECK(running.at("epochs") == 10);
    CHECK(running.at("images_per_second") == 125.0);
    CHECK(running.at("seconds_left") == 420.0);
    CHECK(experiment.at("failed").at(0).at("error") == "no memory");
}

TEST_CASE("status_json: nothing is known of a job without finished epochs, and an ended experiment has no time left",
          "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db");
    CHECK(status_json(store, {}, {}).at("experiments").at(0).at("ended") == true);
    CHECK(status_json(store, {}, {}).at("experiments").at(0).at("seconds_left") == 0);
    const auto key = honest_job({}, "byol", 1);
    store.db().run("UPDATE jobs SET state = 'missing', finished_at = NULL WHERE hash = '" + key.hash + "'");
    REQUIRE(store.claim(key, "elsewhere:12", 600));
    const auto status = status_json(store, {}, {});
    const auto& running = status.at("experiments").at(0).at("running").at(0);
    for (const char* unknown : {"epoch", "images_per_second", "seconds_per_epoch", "seconds_left"})
        CHECK(running.at(unknown).is_null());
}
