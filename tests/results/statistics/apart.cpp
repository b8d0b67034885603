#include "tests/support/catch.h"

#include "results/report/sections/aggregate_text.h"
#include "results/report/sections/grid_text.h"
#include "results/statistics/pairs.h"
#include "tests/support/results_fixture.h"

#include <algorithm>

using namespace mlvicx;
using namespace results_test;

TEST_CASE("apart: controls without images or labels are shown, but not compared with methods", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs;
    for (const std::string method : {"mlvicx", "byol", "random", "shuffled"})
        for (int seed = 0; seed < 2; ++seed)
            for (const std::string protocol : {"frozen", "finetuned"}) {
                if (method == "shuffled" && protocol != "frozen") continue;
                jobs.push_back(job(method + protocol + std::to_string(seed), method, 1, seed, protocol));
                if (method == "shuffled") jobs.back().config["control"] = method;
            }
    store.add_experiment("apart", json::object(), jobs);
    for (const auto& key : jobs) {
        auto r = result();
        r.scored->patients = {"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"};
        r.scored->ids = r.scored->patients;
        r.scored->classes = {"Mass"};
        r.scored->labels = {1, 0, 1, 0, 1, 0, 1, 0};
        r.scores = {0.9F, 0.1F, 0.8F, 0.2F, 0.3F, 0.7F, 0.6F, 0.4F};
        r.test = aucs({{"Mass", key.method == "shuffled" ? 0.5 : 0.875, 4, 4}});
        store.finish(key, r, provenance);
    }
    const auto rows = grid(store);
    CHECK(rows.size() == 4 + 3);
    for (const auto& row : rows) CHECK(row.apart == (row.method == "shuffled"));
    CHECK(contains(grid_text(rows), "shuffled"));
    CHECK_FALSE(contains(gap_text(rows), "shuffled"));
    const auto pairs = method_pairs(store, rows);
    CHECK(pairs.size() == 3 + 3); // as without it: the correction is over as many tests
    CHECK(std::none_of(pairs.begin(), pairs.end(),
                       [](const MethodPair& pair) { return pair.a == "shuffled" || pair.b == "shuffled"; }));
    // It has only one of the two protocols, and does not take the other from the methods' aggregates.
    CHECK(contains(aggregates_markdown(rows), "Over the 2 tasks"));
    CHECK_FALSE(contains(aggregates_markdown(rows), "shuffled"));
}
