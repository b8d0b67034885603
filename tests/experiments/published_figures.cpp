#include "experiments/published_figures.h"

#include "core/error.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace mlvicx;

namespace {

constexpr const char* header = "dataset,metric,method,network,pretraining,split,selection,fraction,classes,value,"
                               "value_to,deviation,source,comparable,reason\n";

std::string refusal(const std::string& row, const std::string& head = header) {
    const TempFolder folder;
    write_text(folder / "published.csv", head + row);
    try {
        read_published_figures(folder / "published.csv");
    } catch (const UserError& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("published figures: those that come with the project have a source and a reason each", "[unit]") {
    const auto figures =
        read_published_figures(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/published/published.csv");
    CHECK(figures.size() == 21);
    for (const auto& figure : figures) {
        CHECK_FALSE(figure.source.empty());
        CHECK((figure.comparable || !figure.reason.empty()));
        CHECK(figure.value > 60);
    }
    const auto mrm = std::find_if(figures.begin(), figures.end(), [](const PublishedFigure& figure) {
        return figure.method == "MRM" && figure.fraction == 0.01;
    });
    REQUIRE(mrm != figures.end());
    CHECK((mrm->value == 79.4 && mrm->split == "benchx" && mrm->classes == 14));
}

TEST_CASE("published figures: a row without a source, and mistakes, are refused with row and column", "[unit]") {
    CHECK(refusal("nih,auc,A,,,,,0.01,14,79.4,,,a paper,yes,\n").empty());
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,79.4,,,,yes,\n"),
                   "row 2: source is empty, expected where the figure was published: no figure without a source"));
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,,,,a paper,yes,\n"), "row 2: value is empty"));
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,0.8x,,,a paper,yes,\n"), "value is \"0.8x\", expected a number"));
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,101,,,a paper,yes,\n"), "expected a number from 0 to 100"));
    CHECK(contains(refusal("nih,f1,A,,,,,0.01,14,79,,,a paper,yes,\n"), "metric is \"f1\", expected auc or dice"));
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,79,,,a paper,no,\n"), "reason is empty, expected why"));
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,79,,,a paper,maybe,\n"), "comparable is \"maybe\""));
    CHECK(contains(refusal("nih,auc,A,,,,val,0.01,14,79,,,a paper,yes,\n"), "selection is \"val\""));
    CHECK(contains(refusal("nih,auc,A,,,,,0.01,14,79,70,,a paper,yes,\n"), "value_to is \"70\""));
    CHECK(contains(refusal("", "dataset,metric\nnih,auc\n"), "has no column \"method\""));
    CHECK(contains(refusal(""), "has no published figures, only a header"));
}
