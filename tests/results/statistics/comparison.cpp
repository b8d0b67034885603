#include "tests/support/catch.h"

#include "core/error.h"
#include "results/statistics/aggregate.h"
#include "results/statistics/comparison.h"
#include "results/statistics/delong.h"

#include <cmath>
#include <string>

using namespace mlvicx;

namespace {

const double undefined = std::nan("");

Clusters ten_patients(std::size_t images) {
    std::vector<std::string> patients;
    for (std::size_t i = 0; i < images; ++i) patients.push_back(std::to_string(i % 10));
    return clusters_of(patients);
}

} // namespace

TEST_CASE("comparison: Holm's correction by hand, in the given order; untested values do not count", "[unit]") {
    const std::vector<std::optional<double>> p = {0.01, std::nullopt, 0.04, 0.03, 0.9};
    const auto adjusted = holm(p);
    CHECK(*adjusted[0] == 0.04);
    CHECK_FALSE(adjusted[1]);
    CHECK(*adjusted[3] == 0.09);
    CHECK(*adjusted[2] == 0.09); // never below the previous one
    CHECK(*adjusted[4] == 0.9);
    CHECK(holm({}).empty());
}

TEST_CASE("comparison: the normal p value", "[unit]") {
    CHECK(std::abs(normal_p(1.959963984540054, 1) - 0.05) < 1e-12);
    CHECK(normal_p(-3, 2) == normal_p(3, 2));
    CHECK(normal_p(0, 0) == 1);
    CHECK(normal_p(1, 0) == 0);
}

TEST_CASE("comparison: per-image values are compared on the images that both have", "[unit]") {
    std::vector<double> a, b;
    for (int i = 0; i < 40; ++i) {
        b.push_back(0.5 + 0.01 * (i % 7));
        a.push_back(b.back() + 0.25);
    }
    a[3] = b[5] = undefined; // an empty mask, where Dice is undefined
    const Resamples resamples(ten_patients(40), 100);
    const auto difference = paired_difference(resamples, a, b);
    REQUIRE(difference);
    CHECK(std::abs(difference->value - 0.25) < 1e-12);
    REQUIRE(difference->interval);
    CHECK(std::abs(difference->interval->low - 0.25) < 1e-12); // always the same gain: the paired interval has no width
    CHECK(std::abs(difference->interval->high - 0.25) < 1e-12);
    const auto same = paired_difference(resamples, a, a);
    CHECK(same->value == 0);
    CHECK(*same->p == 1);
    CHECK_FALSE(paired_difference(resamples, std::vector<double>(40, undefined), b));
    CHECK_THROWS_AS(paired_difference(resamples, std::vector<double>{1}, b), InternalError);
}

TEST_CASE("comparison: the mean of per-image values in a resample equals that of the images written out", "[unit]") {
    std::vector<double> values;
    for (int i = 0; i < 35; ++i) values.push_back(i == 4 ? undefined : std::sin(i));
    const Resamples resamples(ten_patients(35), 64);
    const auto replicates = mean_replicates(resamples, values);
    for (std::size_t r = 0; r < resamples.count(); ++r) {
        double sum = 0;
        int images = 0;
        for (std::size_t image = 0; image < values.size(); ++image)
            for (int time = 0; time < resamples.weight(r, image); ++time)
                if (image != 4) {
                    sum += values[image];
                    ++images;
                }
        CHECK(std::abs(replicates[r] - sum / images) < 1e-12);
    }
}

TEST_CASE("comparison: influences of an AUC sum to zero on each side, and undefined AUCs have none", "[unit]") {
    const std::vector<float> scores = {0.1f, 0.4f, 0.4f, 0.8f, 0.9f, 0.4f};
    const std::vector<std::int8_t> labels = {0, 1, 0, 1, 0, -1};
    const auto influence = auc_influence(scores, labels);
    REQUIRE(influence);
    double positive = 0, negative = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) (labels[i] == 1 ? positive : negative) += influence->of_image[i];
    CHECK(std::abs(positive) < 1e-15);
    CHECK(std::abs(negative) < 1e-15);
    CHECK(influence->of_image[5] == 0);
    CHECK_FALSE(auc_influence(scores, std::vector<std::int8_t>(6, 0)));
    // One positive, or one patient, gives no estimate of the spread.
    const std::vector<std::int8_t> single = {0, 1, 0, 0, 0, 0};
    CHECK_FALSE(auc_variance(auc_influence(scores, single)->of_image, single));
    CHECK_FALSE(auc_variance(influence->of_image, labels, clusters_of(std::vector<std::string>(6, "a"))));
    // All scores equal: 0.5, without any spread.
    const auto equal = auc_influence(std::vector<float>(6, 0.5f), labels);
    CHECK(equal->auc == 0.5);
    CHECK(*auc_variance(equal->of_image, labels) == 0);
}

TEST_CASE("aggregate: intervals are over seeds, repeatable, and absent if every task has one run", "[unit]") {
    const Runs a = {{0.7, 0.72, 0.74}, {0.8, 0.81, 0.82}}, b = {{0.6, 0.61, 0.73}, {0.5, 0.51, 0.52}};
    const auto mean = interquartile_mean(a, 500);
    REQUIRE(mean.interval);
    CHECK(mean.value == interquartile_mean(a));
    CHECK(mean.interval->low < mean.value);
    CHECK(mean.interval->high > mean.value);
    CHECK(mean.interval->low >= 0.7);
    CHECK(mean.interval->high <= 0.82);
    CHECK(interquartile_mean(a, 500).interval->low == mean.interval->low);
    const auto improvement = probability_of_improvement(a, b, 500);
    CHECK(std::abs(improvement.value - (7.0 / 9 + 1) / 2) < 1e-12);
    REQUIRE(improvement.interval);
    CHECK(improvement.interval->high == 1);
    CHECK(improvement.interval->low < improvement.value);
    CHECK(probability_of_improvement(a, a) == 0.5);
    const Runs single = {{0.7}, {0.8}};
    CHECK_FALSE(interquartile_mean(single, 500).interval);
    CHECK_FALSE(probability_of_improvement(a, single, 500).interval);
    CHECK_THROWS_AS(interquartile_mean(Runs{}), InternalError);
    CHECK_THROWS_AS(interquartile_mean(Runs{{}}), InternalError);
    CHECK_THROWS_AS(probability_of_improvement(a, Runs{{0.5}}), InternalError);
}
