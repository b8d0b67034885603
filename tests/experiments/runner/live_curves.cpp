#include "experiments/runner/live_curves.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <fstream>
#include <limits>

using namespace mlvicx;

TEST_CASE("live_curves: epochs are read back, repeated ones once, and a broken line is left out", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "x.curves.jsonl";
    CHECK(read_live_curves(file).empty());
    const LiveCurves live(file, false);
    live.add({0, {{"loss", 3.5}}});
    live.add({1, {{"loss", 2.5}, {"probe_auc", 0.625}}});
    LiveCurves(file, true).add({1, {{"loss", 2.25}, {"effective_rank", std::numeric_limits<double>::quiet_NaN()}}});
    std::ofstream(file, std::ios::app) << R"({"epoch": 2, "tim)";
    const auto epochs = read_live_curves(file);
    REQUIRE(epochs.size() == 2);
    CHECK(epochs[0].epoch == 0);
    CHECK(epochs[0].values == std::vector<std::pair<std::string, double>>{{"loss", 3.5}});
    CHECK(epochs[1].values == std::vector<std::pair<std::string, double>>{{"loss", 2.25}}); // JSON has no NaN
    CHECK(epochs[1].time >= epochs[0].time);
    CHECK(epochs[0].time > 1.7e9);
    LiveCurves(file, false); // a training that begins anew
    CHECK(read_live_curves(file).empty());
}

TEST_CASE("live_curves: a file that cannot be written, or none, disturbs nothing", "[unit]") {
    const TempFolder folder;
    LiveCurves(folder / "no such folder/x.jsonl", false).add({0, {{"loss", 1}}});
    LiveCurves({}, false).add({0, {{"loss", 1}}});
    CHECK(folder.names().empty());
}
