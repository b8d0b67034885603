#include "tests/support/catch.h"

#include "core/error.h"
#include "core/random.h"
#include "results/metrics/segmentation.h"
#include "results/statistics/bootstrap.h"

#include <cmath>
#include <functional>
#include <limits>
#include <map>

using namespace mlvicx;

namespace {

using Masks = std::vector<std::string>;

/// The means of segmentation_tables by name.
std::map<std::string, std::optional<double>> figures(const PixelCounts& counts, const Masks& masks = {"lung"}) {
    std::map<std::string, std::optional<double>> result;
    for (const auto& table : segmentation_tables(counts, masks)) result[table.metric] = table.mean;
    return result;
}

std::string complaint(const std::function<void()>& work) {
    try {
        work();
    } catch (const UserError& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("segmentation: Dice and IoU of hand-made masks in three conventions", "[unit]") {
    // Half right; empty and predicted empty; a false alarm; a missed mask.
    const PixelCounts counts{{2, 0, 0, 0}, {4, 0, 5, 0}, {4, 0, 0, 6}};
    auto found = figures(counts);
    CHECK(*found["dice"] == Approx((0.5 + 1 + 0 + 0) / 4));
    CHECK(*found["dice_positives"] == Approx((0.5 + 0) / 2));
    CHECK(*found["dice_pooled"] == Approx(4.0 / 19));
    CHECK(*found["iou"] == Approx((1.0 / 3 + 1 + 0 + 0) / 4));
    CHECK(*found["iou_positives"] == Approx(1.0 / 6));
    CHECK(*found["iou_pooled"] == Approx(2.0 / 17));
    const auto table = segmentation_tables(counts, {"lung"}).front();
    CHECK(table.classes.front().positives == 2);
    CHECK(table.classes.front().negatives == 2);
}

TEST_CASE("segmentation: figures without data are undefined, not zero", "[unit]") {
    auto empty = figures({{0, 0}, {0, 0}, {0, 0}}); // no mask, and none predicted
    CHECK(*empty["dice"] == 1);
    CHECK_FALSE(empty["dice_positives"].has_value());
    CHECK_FALSE(empty["dice_pooled"].has_value());
    auto alarms = figures({{0, 0}, {3, 0}, {0, 0}});
    CHECK(*alarms["dice"] == 0.5);
    CHECK_FALSE(alarms["dice_positives"].has_value());
    CHECK_FALSE(alarms["dice_pooled"].has_value()); // depends only on the truth, so it is the same for every method
    for (const auto& [name, value] : figures({})) {
        INFO(name);
        CHECK_FALSE(value.has_value());
    }
}

TEST_CASE("segmentation: a model that predicts nothing scores well in only one convention", "[unit]") {
    PixelCounts counts;
    for (int image = 0; image < 100; ++image) {
        counts.intersection.push_back(0);
        counts.predicted.push_back(0);
        counts.truth.push_back(image < 22 ? 50 : 0);
    }
    auto found = figures(counts);
    CHECK(*found["dice"] == Approx(0.78));
    CHECK(*found["dice_positives"] == 0);
    CHECK(*found["dice_pooled"] == 0);
}

TEST_CASE("segmentation: the mean over masks counts the masks that are defined", "[unit]") {
    const PixelCounts counts{{2, 0, 6, 0}, {4, 0, 6, 0}, {4, 0, 6, 0}}; // two images; none has the second mask
    const auto tables = segmentation_tables(counts, {"lung", "tube"});
    CHECK(tables[0].metric == "dice");
    CHECK(*tables[0].mean == Approx((0.75 + 1) / 2));
    CHECK(tables[0].defined == 2);
    CHECK(tables[1].metric == "dice_positives");
    CHECK(*tables[1].mean == Approx(0.75));
    CHECK(tables[1].defined == 1);
    CHECK_FALSE(tables[1].classes[1].value.has_value());
}

TEST_CASE("segmentation: counts that contradict each other are refused", "[unit]") {
    CHECK_THROWS_AS(figures({{3}, {2}, {4}}), InternalError);
    CHECK_THROWS_AS(figures({{1, 1}, {2}, {4}}), InternalError);
    CHECK_THROWS_AS(figures({{1, 1, 1}, {2, 2, 2}, {4, 4, 4}}, {"a", "b"}), InternalError);
}

TEST_CASE("segmentation: pixels are counted from the threshold on, and NaN is an error", "[unit]") {
    PixelCounts counts;
    const std::vector<float> scores = {0.5F, 0.49F, 0.9F, 0.1F};
    const std::vector<std::uint8_t> truth = {255, 255, 0, 0};
    count_pixels(scores, truth, 0.5F, counts);
    CHECK(counts.intersection == std::vector<float>{1});
    CHECK(counts.predicted == std::vector<float>{2});
    CHECK(counts.truth == std::vector<float>{2});
    const std::vector<float> broken = {0.5F, std::numeric_limits<float>::quiet_NaN(), 0, 0};
    CHECK(complaint([&] { count_pixels(broken, truth, 0.5F, counts); }).find("pixel 2 is not a number") !=
          std::string::npos);
    CHECK(complaint([&] { ThresholdSearch().add(broken, truth); }).find("pixel 2 is not a number") !=
          std::string::npos);
    CHECK(counts.truth.size() == 1); // nothing was appended
    CHECK_THROWS_AS(count_pixels(scores, std::span(truth).first(3), 0.5F, counts), InternalError);
}

TEST_CASE("segmentation: the threshold equals that of brute force", "[unit]") {
    Random random(5, Purpose::bootstrap, 90);
    ThresholdSearch search;
    std::vector<float> all_scores;
    std::vector<std::uint8_t> all_truth;
    for (int image = 0; image < 6; ++image) {
        std::vector<float> scores;
        std::vector<std::uint8_t> truth;
        for (int i = 0; i < 500; ++i) {
            truth.push_back(random.chance(0.2) ? 255 : 0);
            // Many are exactly on a candidate; the best is away from the middle.
            const double raw = 0.25 * random.uniform() + (truth.back() ? 0.15 : 0.05);
            scores.push_back(i % 2 ? static_cast<float>(raw) : std::round(static_cast<float>(raw) * 20) / 20);
        }
        search.add(scores, truth);
        all_scores.insert(all_scores.end(), scores.begin(), scores.end());
        all_truth.insert(all_truth.end(), truth.begin(), truth.end());
    }
    std::optional<double> best;
    float at = 0;
    for (int k = 1; k < 20; ++k) {
        PixelCounts counts;
        const float threshold = static_cast<float>(k) / 20;
        count_pixels(all_scores, all_truth, threshold, counts);
        const auto dice = figures(counts)["dice_pooled"];
        if (!best || *dice > *best) best = dice, at = threshold;
    }
    const auto choice = search.best();
    CHECK(choice.threshold == at);
    CHECK(*choice.dice == Approx(*best));
    CHECK(at < 0.4F);
}

TEST_CASE("segmentation: the middle one of equal thresholds, and one half if there is nothing to choose by", "[unit]") {
    ThresholdSearch perfect;
    perfect.add(std::vector<float>{0.99F, 0.01F}, std::vector<std::uint8_t>{255, 0}); // right at all of them
    CHECK(perfect.best().threshold == 0.5F);
    CHECK(*perfect.best().dice == 1);
    ThresholdSearch nothing;
    CHECK(nothing.best().threshold == 0.5F);
    CHECK_FALSE(nothing.best().dice.has_value());
    nothing.add(std::vector<float>{0.9F, 0.2F}, std::vector<std::uint8_t>{0, 0});
    CHECK(nothing.best().threshold == 0.5F);
    CHECK_FALSE(nothing.best().dice.has_value());
}

TEST_CASE("bootstrap: a ratio is resampled as sums over images of the drawn patients", "[unit]") {
    const std::vector<std::string> patients = {"a", "a", "b", "c", "c", "c", "d"};
    const std::vector<double> above = {1, 2, 0, 3, 1, 0, 5}, below = {2, 2, 0, 4, 1, 0, 9};
    const Resamples resamples(clusters_of(patients), 100);
    const auto found = ratio_replicates(resamples, above, below);
    REQUIRE(found.size() == 100);
    for (std::size_t r = 0; r < found.size(); ++r) {
        double top = 0, bottom = 0;
        for (std::size_t i = 0; i < patients.size(); ++i) {
            top += resamples.weight(r, i) * above[i];
            bottom += resamples.weight(r, i) * below[i];
        }
        if (bottom > 0)
            CHECK(found[r] == Approx(top / bottom));
        else
            CHECK(std::isnan(found[r]));
    }
    const std::vector<double> never = {0, 0, 0, 0, 0, 0, 0};
    CHECK(std::isnan(ratio_replicates(resamples, above, never).front()));
    CHECK_THROWS_AS(ratio_replicates(resamples, above, std::span(below).first(3)), InternalError);
}
