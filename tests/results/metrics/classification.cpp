#include "tests/support/catch.h"

#include "core/error.h"
#include "results/metrics/classification.h"

#include <cmath>
#include <limits>

using namespace mlvicx;

namespace {

using Labels = std::vector<std::int8_t>;
using Scores = std::vector<float>;

bool near(double value, double expected) {
    return std::abs(value - expected) < 1e-12;
}

std::string complaint(const Scores& scores, const Labels& labels, const std::vector<std::string>& classes) {
    try {
        classification_tables(scores, labels, classes);
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("classification: hand-made figures", "[unit]") {
    const Scores scores = {0.875f, 0.75f, 0.5f, 0.25f, 0.125f};
    const Labels labels = {1, 0, 1, 0, 0};
    CHECK(near(*average_precision(scores, labels), 0.5 * 1 + 0.5 * 2 / 3));
    CHECK(*sensitivity_at(0.9, scores, labels) == 0.5); // one false positive out of three is too many
    CHECK(*sensitivity_at(0.6, scores, labels) == 1);
    CHECK(near(*brier_score(scores, labels), (0.015625 + 0.5625 + 0.25 + 0.0625 + 0.015625) / 5));
    // Two bins, (0, 0.5] and (0.5, 1].
    CHECK(near(*calibration_error(scores, labels, 2), (std::abs(0.875 - 1) + std::abs(1.625 - 1)) / 5));
    CHECK(near(*calibration_error(scores, labels, 1), std::abs(2.5 - 2) / 5));
}

TEST_CASE("classification: an operating point is the most sensitive threshold that is specific enough", "[unit]") {
    const Scores scores = {0.875f, 0.75f, 0.5f, 0.25f, 0.125f};
    const Labels labels = {1, 0, 1, 0, 0};
    const auto strict = *operating_point(0.9, scores, labels), loose = *operating_point(0.6, scores, labels);
    CHECK((strict.threshold == 0.875 && strict.sensitivity == 0.5 && strict.specificity == 1));
    CHECK((loose.threshold == 0.5 && loose.sensitivity == 1 && near(loose.specificity, 2.0 / 3)));
    CHECK(operating_point(0, scores, labels)->threshold == 0.5); // a lower one would only lose specificity
    CHECK(std::isinf(operating_point(0.9, Scores{0.5f, 0.5f}, Labels{1, 0})->threshold));
    CHECK_FALSE(operating_point(0.9, Scores{0.5f, 0.5f}, Labels{1, -1}));
}

TEST_CASE("classification: equal scores rank nothing: precision is the prevalence, sensitivity 0", "[unit]") {
    const Scores scores(8, 0.25f);
    const Labels labels = {1, 0, 0, 0, 0, 0, 0, 1};
    CHECK(*average_precision(scores, labels) == 0.25);
    CHECK(*sensitivity_at(0.9, scores, labels) == 0);
    CHECK(*sensitivity_at(0, scores, labels) == 1);
    CHECK(*calibration_error(scores, labels) == 0); // as a probability it is exact
    CHECK(near(*brier_score(scores, labels), 0.25 * 0.75));
}

TEST_CASE("classification: a specificity reached exactly counts as reached", "[unit]") {
    for (const int negatives : {10, 30, 70, 110, 1000}) {
        Scores scores = {0.5f};
        Labels labels = {1};
        for (int i = 0; i < negatives; ++i) {
            scores.push_back(10 * i < negatives ? 0.75f : 0.25f);
            labels.push_back(0);
        }
        CHECK(*sensitivity_at(0.9, scores, labels) == 1);
        scores.push_back(0.75f);
        labels.push_back(0);
        CHECK(*sensitivity_at(0.9, scores, labels) == 0);
    }
}

TEST_CASE("classification: a single-class column has no ranking metrics but a calibration", "[unit]") {
    const Scores scores = {0.5f, 0.25f};
    for (const std::int8_t label : {std::int8_t{0}, std::int8_t{1}}) {
        const Labels labels = {label, label};
        CHECK_FALSE(average_precision(scores, labels));
        CHECK_FALSE(sensitivity_at(0.9, scores, labels));
        CHECK(brier_score(scores, labels));
        CHECK(calibration_error(scores, labels));
    }
    const Labels unknown = {-1, -1};
    CHECK_FALSE(brier_score(scores, unknown));
    CHECK_FALSE(calibration_error(scores, unknown));
}

TEST_CASE("classification: tables name their metric, count classes and leave unknown labels out", "[unit]") {
    const auto tables = classification_tables(Scores{0.75f, 0.5f, 0.25f, 0.5f, 0.5f, 0.5f}, Labels{1, 0, 0, 0, -1, 0},
                                              {"Mass", "Hernia"});
    REQUIRE(tables.size() == 5);
    const std::vector<std::string> names = {"auc", "average_precision", "sensitivity_at_90_specificity", "brier",
                                            "ece"};
    for (std::size_t t = 0; t < tables.size(); ++t) {
        CHECK(tables[t].metric == names[t]);
        REQUIRE(tables[t].classes.size() == 2);
        CHECK(tables[t].classes[0].positives == 1);
        CHECK(tables[t].classes[0].negatives == 1);
        CHECK(tables[t].classes[1].negatives == 3);
        CHECK(tables[t].defined == (t < 3 ? 1 : 2));
    }
    CHECK(*tables[1].mean == 1);
    CHECK(near(*tables[3].mean, (0.0625 + 0.25) / 2));
    const auto none = classification_tables(Scores{0.5f}, Labels{-1}, {"Mass"});
    for (const auto& table : none) CHECK_FALSE(table.mean);
}

TEST_CASE("classification: scores that are NaN or not probabilities are reported", "[unit]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint({0, 0, 0, nan}, {0, 1, 1, 0}, {"Mass", "Nodule"}) ==
          "class Nodule: the score of image 2 is not a number; an AUC needs numbers");
    CHECK(complaint({0, 0, 1.5f, 0}, {0, 1, 1, 0}, {"Mass", "Nodule"}) ==
          "class Mass: the score of image 2 is 1.5; calibration needs probabilities, in 0..1");
    CHECK_THROWS_AS(average_precision(Scores{nan, 1}, Labels{-1, 1}), UserError);
    CHECK_THROWS_AS(sensitivity_at(0.9, Scores{nan, 1}, Labels{0, 1}), UserError);
    CHECK_THROWS_AS(brier_score(Scores{-0.5f}, Labels{0}), UserError);
    CHECK_THROWS_AS(brier_score(Scores{0.5f}, Labels{0, 1}), InternalError);
    CHECK_THROWS_AS(brier_score(Scores{0.5f}, Labels{2}), InternalError);
}
