#include "tests/support/catch.h"

#include "core/error.h"
#include "core/json.h"
#include "core/random.h"
#include "results/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlvicx;

namespace {

using Labels = std::vector<std::int8_t>;
using Scores = std::vector<float>;

bool near(double value, double expected) {
    return std::abs(value - expected) < 1e-13;
}

/// The definition, pair by pair.
std::optional<double> auc_by_pairs(const Scores& scores, const Labels& labels) {
    double wins = 0, pairs = 0;
    for (std::size_t p = 0; p < scores.size(); ++p)
        for (std::size_t n = 0; n < scores.size(); ++n) {
            if (labels[p] != 1 || labels[n] != 0) continue;
            pairs += 1;
            if (scores[p] > scores[n]) wins += 1;
            if (scores[p] == scores[n]) wins += 0.5;
        }
    if (pairs == 0) return std::nullopt;
    return wins / pairs;
}

/// Random images: `levels` different scores, every label value.
void random_case(std::uint32_t number, Scores& scores, Labels& labels) {
    Random random(7, Purpose::bootstrap, 0, number);
    const std::size_t images = 1 + random.below(120);
    const std::uint32_t levels = number % 2 == 0 ? 4 : 100000;
    const double positives = random.uniform();
    for (std::size_t i = 0; i < images; ++i) {
        scores.push_back(static_cast<float>(random.below(levels)) / 8 - 1);
        labels.push_back(static_cast<std::int8_t>(random.chance(0.1) ? -1 : random.chance(positives)));
    }
}

} // namespace

TEST_CASE("metrics: the AUC equals scikit-learn's on 400 cases with ties and unknown labels", "[reference]") {
    const auto reference = read_json(MLVICX_TEST_DATA "/auc.json");
    const auto& cases = reference.at("cases").as_array();
    REQUIRE(cases.size() == 400);
    for (const auto& c : cases) {
        Scores scores;
        for (const auto& level : c.at("levels").as_array()) scores.push_back(level.to_number<float>() / 1024);
        const auto labels = json::value_to<std::vector<int>>(c.at("labels"));
        const auto value = auc(scores, Labels(labels.begin(), labels.end()));
        REQUIRE(value.has_value());
        REQUIRE(std::abs(*value - c.at("auc").to_number<double>()) < 1e-12);
    }
}

TEST_CASE("metrics: the AUC equals the count over all pairs", "[unit]") {
    int defined = 0;
    for (std::uint32_t i = 0; i < 600; ++i) {
        Scores scores;
        Labels labels;
        random_case(i, scores, labels);
        const auto expected = auc_by_pairs(scores, labels);
        const auto value = auc(scores, labels);
        REQUIRE(value.has_value() == expected.has_value());
        if (!value) continue;
        ++defined;
        REQUIRE(near(*value, *expected));
    }
    CHECK(defined > 400);
}

TEST_CASE("metrics: hand-made AUCs", "[unit]") {
    CHECK(*auc(Scores{1, 2, 3, 4}, Labels{0, 0, 1, 1}) == 1.0);
    CHECK(*auc(Scores{1, 2, 3, 4}, Labels{1, 1, 0, 0}) == 0.0);
    CHECK(*auc(Scores{1, 2, 3, 4}, Labels{1, 0, 0, 1}) == 0.5);
    CHECK(*auc(Scores{1, 2, 2, 4}, Labels{0, 1, 0, 1}) == 0.875);
    CHECK(*auc(Scores(50, 0.3f), [] {
        Labels labels(50, 0);
        labels[7] = labels[9] = 1;
        return labels;
    }()) == 0.5);
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(*auc(Scores{-inf, 0.0f, -0.0f, inf}, Labels{0, 1, 0, 1}) == 0.875);
    CHECK(*auc(Scores(5, inf), Labels{1, 1, 0, 0, 0}) == 0.5);
    CHECK(*auc(Scores(5, -inf), Labels{1, 1, 0, 0, 0}) == 0.5);
}

TEST_CASE("metrics: without both positives and negatives the AUC is undefined", "[unit]") {
    CHECK_FALSE(auc(Scores{1, 2}, Labels{1, 1}));
    CHECK_FALSE(auc(Scores{1, 2}, Labels{0, 0}));
    CHECK_FALSE(auc(Scores{1, 2, 3}, Labels{1, -1, 1}));
    CHECK_FALSE(auc(Scores{}, Labels{}));
}

TEST_CASE("metrics: images with unknown labels do not count", "[unit]") {
    CHECK(*auc(Scores{9, 1, 5, 2, 0}, Labels{-1, 0, -1, 1, -1}) == 1.0);
}

TEST_CASE("metrics: the AUC is the same for any rising function of the scores, and 1 - AUC for a falling one",
          "[unit]") {
    for (std::uint32_t i = 0; i < 60; i += 2) { // few levels: the function must not create new ties
        Scores scores, rising, falling;
        Labels labels;
        random_case(i, scores, labels);
        for (const float s : scores) rising.push_back(std::exp(3 * s));
        for (const float s : scores) falling.push_back(-s);
        const auto value = auc(scores, labels);
        REQUIRE(auc(rising, labels) == value);
        if (value) REQUIRE(near(*auc(falling, labels), 1 - *value));
    }
}

TEST_CASE("metrics: a million positives against a million negatives", "[unit]") {
    const std::size_t half = 1'000'000;
    Labels labels(2 * half, 0);
    std::fill(labels.begin() + half, labels.end(), std::int8_t{1});
    CHECK(*auc(Scores(2 * half, 0.25f), labels) == 0.5);
    Scores scores(2 * half, 0.0f);
    std::fill(scores.begin() + half, scores.end(), 1.0f);
    CHECK(*auc(scores, labels) == 1.0);
    scores[0] = 2.0f; // one negative above all positives: exactly a millionth less
    CHECK(*auc(scores, labels) == 1.0 - 1e-6);
}

TEST_CASE("metrics: a NaN score is the user's error and is reported", "[unit]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(auc(Scores{1, nan}, Labels{0, 1}), UserError);
    CHECK_THROWS_AS(auc(Scores{1, 2, nan}, Labels{0, 1, -1}), UserError);
    try {
        auc_table(Scores{0, 0, 0, nan, 0, 0}, Labels{0, 1, 1, 0, 0, 1}, {"Mass", "Nodule"});
        FAIL("no error");
    } catch (const UserError& error) {
        CHECK(std::string(error.what()).find("class Nodule: the score of image 2") == 0);
    }
}

TEST_CASE("metrics: sizes that disagree and invalid labels are our errors", "[unit]") {
    CHECK_THROWS_AS(auc(Scores{1, 2}, Labels{0}), InternalError);
    CHECK_THROWS_AS(auc(Scores{1, 2}, Labels{0, 2}), InternalError);
    CHECK_THROWS_AS(auc_table(Scores{1, 2, 3}, Labels{0, 1, 0}, {"Mass", "Nodule"}), InternalError);
}

TEST_CASE("metrics: the table has a row per class and the mean over defined classes", "[unit]") {
    // Three classes, four images, row by row; the second class has no positive.
    const Scores scores = {0.1f, 0.5f, 0.9f, 0.2f, 0.5f, 0.8f, 0.3f, 0.5f, 0.7f, 0.4f, 0.5f, 0.6f};
    const Labels labels = {0, 0, 0, 0, 0, 1, 1, -1, 0, 1, 0, 0};
    const auto table = auc_table(scores, labels, {"Mass", "Hernia", "Nodule"});
    REQUIRE(table.classes.size() == 3);
    CHECK(table.classes[0].name == "Mass");
    CHECK(*table.classes[0].value == 1.0);
    CHECK(table.classes[0].positives == 2);
    CHECK(table.classes[0].negatives == 2);
    CHECK_FALSE(table.classes[1].value);
    CHECK(table.classes[1].positives == 0);
    CHECK(table.classes[1].negatives == 3);
    CHECK(near(*table.classes[2].value, 2.0 / 3));
    CHECK(table.defined == 2);
    CHECK(near(*table.mean, (1 + 2.0 / 3) / 2));
    const auto none = auc_table(Scores{1, 2}, Labels{0, 0}, {"Mass"});
    CHECK(none.defined == 0);
    CHECK_FALSE(none.mean);
}

TEST_CASE("metrics: mean and standard deviation over n - 1", "[unit]") {
    const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};
    const auto summary = summarise(values);
    CHECK(summary.count == 8);
    CHECK(summary.mean == 5);
    CHECK(near(summary.deviation, std::sqrt(32.0 / 7)));
    CHECK(summarise(std::vector<double>{3}).deviation == 0);
    CHECK(summarise({}).count == 0);
}
