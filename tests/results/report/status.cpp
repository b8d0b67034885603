#include "tests/support/catch.h"

#include "results/report/status.h"
#include "tests/support/small_experiment.h"

using namespace mlvicx;
using namespace results_test;

TEST_CASE("report: the status counts jobs by state and lists failures and owners", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    CHECK(status_text(store) == (folder / "results.db").string() + " has no experiments yet.\n");
    make_experiment(store);
    REQUIRE(store.claim(job("trandom"), "elsewhere:12", 600));
    const auto text = status_text(store);
    const std::string table = R"(
                            done  running   failed  missing
  pre-training                 6        0        0        0
  frozen (linear probe)       18        0        0        0
  fine-tuned                   1        1        1        0
  all                         25        1        1        0
  running:
    random, fine-tuned, 5 % of nih, seed 0: elsewhere:12, for )";
    INFO(text);
    CHECK(text.find("small: first run 20") == 0);
    CHECK(text.find(table) != std::string::npos);
    CHECK(text.find("  failed:\n    byol, fine-tuned, 5 % of nih, seed 0: the loss is not a number at step 12\n") !=
          std::string::npos);
    CHECK(text.find("take over") == std::string::npos);
    store.renew("trandom", "elsewhere:12", -1);
    CHECK(status_text(store).find("; it has ended, the next run will take over the job") != std::string::npos);
}

TEST_CASE("report: the views give what the grid gives", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    Statement board(store.db(), "SELECT method, auc, lowest, highest, seeds, classes FROM leaderboard WHERE "
                                "protocol = 'frozen' AND fraction = 1 ORDER BY place");
    REQUIRE(board.step());
    CHECK(board.text(0) == "mlvicx");
    CHECK(board.real(1) == 81.0);
    CHECK(board.real(2) == 80.0);
    CHECK(board.real(3) == 82.0);
    CHECK(board.integer(4) == 3);
    REQUIRE(board.step());
    CHECK(board.text(0) == "random");
    REQUIRE(board.step());
    CHECK(board.text(0) == "byol");
    CHECK_FALSE(board.step());
    Statement curve(store.db(), "SELECT train_images, auc, over_random FROM low_data_curve WHERE method = 'byol' "
                                "AND protocol = 'frozen'");
    REQUIRE(curve.step());
    CHECK(curve.real(0) == 35);
    CHECK(curve.real(1) == 61.0);
    CHECK(curve.real(2) == 5.0);
    REQUIRE(curve.step());
    CHECK(curve.real(0) == 700);
    CHECK(curve.real(2) == -3.0);
}
