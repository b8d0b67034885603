#include "results/store/encoder_files.h"

#include "results/verify/verify.h"
#include "tests/support/catch.h"
#include "tests/support/honest_experiment.h"

using namespace mlvicx;
using namespace results_test;

namespace {

std::int64_t evaluations(Sqlite& db, const std::string& condition) {
    return number(db, "SELECT count(*) FROM jobs WHERE kind = 'evaluate' AND " + condition);
}

} // namespace

TEST_CASE("encoder_files: evaluations name their encoder at its new place, and pass the checks", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db");
    const std::string has_file = "json_type(details, '$.weights.file') = 'text'";
    const auto with_file = evaluations(store.db(), has_file);
    REQUIRE(with_file > 0);
    const auto place = [](const std::string& id, const std::string&) { return "all.artifacts/" + id; };
    CHECK(place_encoder_files(store.db(), place) == with_file);
    CHECK(evaluations(store.db(), "json_extract(details, '$.weights.file') = 'all.artifacts/' || "
                                  "json_extract(config, '$.weights')") == with_file);
    CHECK(evaluations(store.db(), has_file) == with_file); // controls have none, before and after
    const auto found = verify(store, folder / "results.artifacts/encoders");
    INFO(verification_text(found));
    CHECK(found.clean());
    CHECK(place_encoder_files(store.db(), place) == 0);
    CHECK(place_encoder_files(store.db(), [](const auto&, const std::string& file) { return file; }) == 0);
}

TEST_CASE("encoder_files: details that were changed by hand keep a digest that says so", "[unit]") {
    const TempFolder folder;
    make_honest(folder / "results.db");
    Store store(folder / "results.db");
    store.db().run("UPDATE jobs SET details = json_set(details, '$.train_patients', 12345) WHERE kind = 'evaluate' AND "
                   "method = 'byol' AND protocol = 'frozen' AND fraction = 1 AND seed = 0");
    const auto findings = [&] { return verify(store, folder / "results.artifacts/encoders").findings().size(); };
    const auto before = findings();
    CHECK(before > 0);
    CHECK(place_encoder_files(store.db(), [](const auto& id, const auto&) { return "new/" + id; }) > 0);
    CHECK(findings() == before);
}
