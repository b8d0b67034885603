#include "core/json.h"
#include "results/store/sqlite.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"

#include <fmt/format.h>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// A plan of seconds whose trained entries differ in `images`.
std::string plan_with(const std::vector<std::string>& amounts) {
    std::string methods;
    for (const auto& images : amounts)
        methods += fmt::format(R"({}{{"name": "simclr", "label": "{}", "hidden": 32, "output": 16, "images": {}}})",
                               methods.empty() ? "" : ", ", images, images);
    return fmt::format(R"({{
      "name": "parts",
      "datasets": {{"images": {{"importer": "phantom", "size": 32, "phantom": {{"images": 80, "size": 32}}}}}},
      "pretrain": {{"epochs": 1, "batch_size": 16, "image_size": 32}},
      "methods": [{}],
      "evaluate": {{"protocols": ["frozen"], "image_size": 32, "frozen": {{"iterations": 10}}}}
    }})",
                       methods);
}

} // namespace

TEST_CASE("pre-training images: a part of the training split is used, and the result says so", "[unit]") {
    const TempFolder folder;
    write_text(folder / "plan.json", plan_with({"0.5", "20", "1"}));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    Sqlite db(folder / "results.db", true);
    std::map<std::string, std::pair<std::int64_t, std::string>> found; // images used, and of how many
    Statement query(db, "SELECT method, train_images, coalesce(json_extract(details, '$.training_split_images'), '') "
                        "FROM jobs WHERE kind = 'pretrain'");
    while (query.step()) found[query.text(0)] = {query.integer(1), query.text(2)};
    REQUIRE(found.size() == 3);
    const auto all = found.at("1").first;
    CHECK(found.at("1").second.empty()); // as without the option
    CHECK(found.at("0.5").first >= (all + 1) / 2);
    CHECK(found.at("0.5").first < (all + 1) / 2 + 8); // at most one patient's images too many
    CHECK(found.at("0.5").second == std::to_string(all));
    CHECK(found.at("20").first >= 20);
    CHECK(found.at("20").first < found.at("0.5").first);

    const auto prepared = *std::filesystem::directory_iterator(folder / "results.artifacts/prepared");
    const Ran alone = run_bench(folder, {"pretrain", "--data", prepared.path().string(), "--method", "simclr", "--out",
                                         "e", "--epochs", "1", "--batch-size", "16", "--image-size", "32", "--set",
                                         "hidden=32", "--set", "output=16", "--set", "images=20"});
    INFO(alone.err);
    CHECK(alone.status == 0);
    CHECK(contains(alone.out, fmt::format("1 epochs on {} images", found.at("20").first)));
    const Ran few = run_bench(folder, {"pretrain", "--data", prepared.path().string(), "--method", "simclr", "--out",
                                       "f", "--batch-size", "16", "--set", "images=0.05"});
    CHECK(few.status == 2);
    CHECK(contains(few.err, "images=0.05 takes"));
}

TEST_CASE("pre-training images: too few for a batch, too many and half an image are refused before any work",
          "[unit]") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"0.1", "trains with batches of 16 images, but takes"},
        {"500", "pre-trains on 500 images, but the training split has"},
        {"8", "$.methods[0].images is 8, fewer than a batch of 16"},
        {"17.5", "$.methods[0].images is 17.5, expected a fraction up to 1 or a whole number"},
        {"-1", "$.methods[0].images is -1, expected at least 0"},
    };
    for (const auto& [images, part] : cases) {
        const TempFolder folder;
        write_text(folder / "plan.json", plan_with({images}));
        const Ran ran = run_bench(folder, {"run", "plan.json"});
        INFO(ran.err);
        CHECK(ran.status == 2);
        CHECK(contains(ran.err, part));
        CHECK_FALSE(std::filesystem::exists(folder / "results.db"));
    }
}
