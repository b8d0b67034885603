#include "tests/support/catch.h"

#include "results/report/sparkline.h"
#include "results/report/watch.h"
#include "tests/support/honest_experiment.h"

#include <limits>

using namespace mlvicx;
using namespace results_test;

TEST_CASE("watch: a sparkline goes from the lowest to the highest value", "[unit]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(sparkline({}, 10).empty());
    CHECK(sparkline(std::vector<double>{5}, 10) == "▁");
    CHECK(sparkline(std::vector<double>{2, 2}, 10) == "▁▁");
    CHECK(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 8) == "▁▂▃▄▅▆▇█");
    CHECK(sparkline(std::vector<double>{0, 0, 7, 7}, 2) == "▁█");
    CHECK(sparkline(std::vector<double>{0, nan, 7}, 3) == "▁ █");
}

TEST_CASE("watch: an experiment that has ended is shown once", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db", true);
    const auto watched = watch_text(store, {});
    INFO(watched.text);
    CHECK(watched.ended);
    CHECK(watched.text.find("honest: 22 of 22 jobs done, 0 running, 0 failed, 0 missing\n") == 0);
    CHECK(contains(watched.text, "] 100 %\n"));
    CHECK(contains(watched.text, "\nfinished last\n"));
    CHECK_FALSE(contains(watched.text, "\nrunning\n"));
}

TEST_CASE("watch: a running pre-training shows its curves so far and the time left", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db");
    const auto key = honest_job({}, "byol", 1);
    store.db().run("UPDATE jobs SET state = 'missing', finished_at = NULL WHERE hash = '" + key.hash + "'");
    REQUIRE(store.claim(key, "elsewhere:12", 600));
    LiveTraining training;
    training.curves = {{"loss", {3, 2, 1}}, {"probe_auc", {0.5, 0.75}}};
    training.epochs = 3;
    training.seconds_per_epoch = 60;
    const auto watched = watch_text(store, {{key.hash, training}});
    INFO(watched.text);
    CHECK_FALSE(watched.ended);
    CHECK(contains(watched.text, "21 of 22 jobs done, 1 running, 0 failed, 0 missing, about 7 min 00 s left\n"));
    CHECK(contains(watched.text, "  byol, pre-training on nih, seed 1, epoch 3 of 10, for "));
    CHECK(contains(watched.text, "    loss               1  █▅▁\n"));
    CHECK(contains(watched.text, "    probe AUC %       75  ▁█\n"));
    CHECK(running_trainings(store) == std::vector<std::string>{key.hash});
}

TEST_CASE("watch: jobs that wait for a failed pre-training do not keep it from ending; missing ones do", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db");
    const auto key = honest_job({}, "byol", 1);
    store.db().run("UPDATE jobs SET state = 'failed', error = 'no memory' WHERE hash = '" + key.hash +
                   "'; UPDATE jobs SET state = 'missing' WHERE json_extract(config, '$.weights') = '" + key.hash + "'");
    auto watched = watch_text(store, {});
    INFO(watched.text);
    CHECK(watched.ended);
    CHECK(contains(watched.text, "\nfailed\n  byol, pre-training on nih, seed 1: no memory\n"));
    CHECK(contains(watched.text, "  3 evaluations wait for a pre-training that failed\n"));
    store.db().run("UPDATE jobs SET state = 'missing' WHERE method = 'random'");
    watched = watch_text(store, {});
    CHECK_FALSE(watched.ended);
    CHECK(contains(watched.text, "\nrunning\n  nothing: no run is working on it\n"));
}

TEST_CASE("watch: a file without experiments says so and is watched on", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const auto watched = watch_text(store, {});
    CHECK_FALSE(watched.ended);
    CHECK(contains(watched.text, "has no experiments yet."));
}
