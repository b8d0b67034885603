#include "tests/support/catch.h"

#include "core/error.h"
#include "results/report/card.h"
#include "results/store/digests.h"
#include "tests/support/honest_experiment.h"

using namespace mlvicx;
using namespace results_test;

namespace {

/// With line breaks as blanks, so that a sentence can be looked for.
std::string card_of(const std::filesystem::path& file) {
    Store store(file, true);
    auto text = card_text(store);
    for (char& c : text)
        if (c == '\n') c = ' ';
    return text;
}

} // namespace

TEST_CASE("card: says how the figures were made, from the results file alone", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    const auto text = card_of(folder / "results.db");
    INFO(text);
    CHECK(contains(text,
                   "**Data.** nih: fingerprint aaaaaaaaaaaaaaaa; test split of 60 images of 30 patients; 2 classes "
                   "(Mass, Nodule)."));
    CHECK(contains(text, "mlvicx: resnet18, 200 images of nih, epochs 10, batch size 32 (2 healthy)."));
    CHECK(contains(text, "The weights after the last epoch are evaluated."));
    CHECK(contains(text, "frozen (linear probe): images of 32 x 32 pixels."));
    CHECK(contains(text, "5 % of nih (10 images), 100 % of nih (200 images)"));
    CHECK(contains(text, "Seeds: 0, 1;"));
    CHECK(contains(text, "nih: none of 60 test images were also in training or validation"));
    CHECK(contains(text, "2 of 60 test images were seen in pre-training"));
    CHECK(contains(text, "bootstrap over the patients of the test images (1000 resamples)"));
    CHECK(contains(text, "mlvicx-bench 0.1.0 (commit abc1234), LibTorch 1.13.0, on cpu."));
    Store store(folder / "results.db", true);
    CHECK(contains(text, "the results " + digest_of_experiment(store.db(), 1).substr(0, 16)));
}

TEST_CASE("card: says what is missing: scores, failures, evaluations left out", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Sqlite(folder / "results.db")
        .run("DELETE FROM scores; DELETE FROM image_values; UPDATE jobs SET state = 'failed', error = 'x' WHERE "
             "method = 'random' AND fraction = 0.05; UPDATE jobs SET details = json_set(details, '$.health.verdict', "
             "'collapsed') WHERE kind = 'pretrain' AND method = 'byol' AND seed = 1");
    const auto text = card_of(folder / "results.db");
    INFO(text);
    CHECK(contains(text, "The results file has no scores, so there are no intervals."));
    CHECK(contains(text, "3 evaluations left out because the pre-training collapsed or diverged."));
    CHECK(contains(text, "2 evaluations failed."));
    CHECK(contains(text, "(1 collapsed, 1 healthy)"));
}

TEST_CASE("card: what a plan says of its data is there, without paths", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Sqlite(folder / "results.db")
        .run(R"(UPDATE experiments SET plan = json_set(plan, '$.datasets', json('{"nih": {"importer": "nih", "root":
             "/data/secret", "size": 224, "split": {"kind": "official", "seed": 3}}}')))");
    const auto text = card_of(folder / "results.db");
    INFO(text);
    CHECK(contains(text, "in the plan importer nih, size 224, split kind official, split seed 3;"));
    CHECK_FALSE(contains(text, "secret"));
}

TEST_CASE("card: a method that was evaluated in another way is named", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Sqlite(folder / "results.db")
        .run("UPDATE jobs SET config = json_set(config, '$.precision', 'fp32') WHERE kind = 'evaluate' AND method = "
             "'random' AND protocol = 'frozen'");
    const auto text = card_of(folder / "results.db");
    INFO(text);
    CHECK(contains(text, "frozen (linear probe): images of 32 x 32 pixels. "));
    CHECK(contains(text, "frozen (linear probe) of random: images of 32 x 32 pixels, fp32. "));
}

TEST_CASE("card: an unknown experiment is refused", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db", true);
    CHECK_THROWS_AS(card_text(store, "honset"), UserError);
}
