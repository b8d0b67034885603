#include "tests/support/catch.h"

#include "core/suggest.h"

using namespace mlvicx;

TEST_CASE("suggest: a typo finds the intended word", "[unit]") {
    const std::vector<std::string> commands{"run", "report", "pretrain", "prepare", "evaluate", "heatmaps", "status"};
    CHECK(closest("evalute", commands) == "evaluate");   // a missing letter
    CHECK(closest("evaluatte", commands) == "evaluate"); // an extra letter
    CHECK(closest("prepqre", commands) == "prepare");    // a wrong letter
    CHECK(closest("pretrian", commands) == "pretrain");  // two letters swapped
    CHECK(closest("Heatmap", commands) == "heatmaps");   // case is ignored
    CHECK(closest("urn", commands) == "run");
    const std::vector<std::string> keys{"batch_size", "image_size", "learning_rate"};
    CHECK(closest("batch-size", keys) == "batch_size");
    CHECK(closest("learning_rte", keys) == "learning_rate");
    CHECK(closest("imagesize", keys) == "image_size");
}

TEST_CASE("suggest: no guess for a word that is close to nothing", "[unit]") {
    const std::vector<std::string> words{"run", "report", "status"};
    CHECK(closest("colour", words).empty());
    CHECK(closest("", words).empty());
    CHECK(closest("x", words).empty());
    CHECK(closest("ran away from", words).empty());
    CHECK(closest("rpt", {"rows", "epoch"}).empty());
    CHECK(closest("run", {}).empty());
    CHECK(did_you_mean("reprot", words) == " (did you mean \"report\"?)");
    CHECK(did_you_mean("colour", words).empty());
}
