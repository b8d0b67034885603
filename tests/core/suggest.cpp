#include "tests/support/catch.h"

#include "core/suggest.h"

using namespace mlvicx;

TEST_CASE("suggest: a slip of the pen finds the word that was meant", "[unit]") {
    const std::vector<std::string> commands{"run", "report", "pretrain", "prepare", "evaluate", "heatmaps", "status"};
    CHECK(closest("evalute", commands) == "evaluate");   // a letter left out
    CHECK(closest("evaluatte", commands) == "evaluate"); // one too many
    CHECK(closest("prepqre", commands) == "prepare");    // another one
    CHECK(closest("pretrian", commands) == "pretrain");  // two swapped
    CHECK(closest("Heatmap", commands) == "heatmaps");   // case does not count
    CHECK(closest("urn", commands) == "run");
    const std::vector<std::string> keys{"batch_size", "image_size", "learning_rate"};
    CHECK(closest("batch-size", keys) == "batch_size");
    CHECK(closest("learning_rte", keys) == "learning_rate");
    CHECK(closest("imagesize", keys) == "image_size");
}

TEST_CASE("suggest: what is near nothing is not guessed at", "[unit]") {
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
