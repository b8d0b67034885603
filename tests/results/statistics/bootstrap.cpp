#include "tests/support/catch.h"

#include "core/error.h"
#include "core/random.h"
#include "results/metrics/metrics.h"
#include "results/statistics/bootstrap.h"
#include "results/statistics/delong.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

using namespace mlvicx;

namespace {

using Labels = std::vector<std::int8_t>;
using Scores = std::vector<float>;

/// The images of resample `r`, each as often as it was drawn.
std::vector<std::size_t> images_of(const Resamples& resamples, std::size_t r) {
    std::vector<std::size_t> images;
    for (std::size_t image = 0; image < resamples.images(); ++image)
        for (int time = 0; time < resamples.weight(r, image); ++time) images.push_back(image);
    return images;
}

template <typename T>
std::vector<T> column(const std::vector<T>& table, const std::vector<std::size_t>& images, std::size_t c,
                      std::size_t n) {
    std::vector<T> values;
    for (const std::size_t image : images) values.push_back(table[image * n + c]);
    return values;
}

/// Images of patients with one to six images each. Labels and scores agree more within a patient than between patients.
struct Clustered {
    Scores scores;
    Labels labels;
    std::vector<std::string> patients;
    Clustered(std::uint32_t number, std::size_t patients_count, double shift, double shared) {
        Random random(3, Purpose::bootstrap, 2, number);
        for (std::size_t p = 0; p < patients_count; ++p) {
            const double effect = shared * random.normal();
            const bool ill = random.chance(0.4);
            for (std::uint32_t image = 1 + random.below(6); image > 0; --image) {
                const bool positive = random.chance(ill ? 0.8 : 0.1);
                scores.push_back(static_cast<float>(effect + random.normal() + (positive ? shift : 0)));
                labels.push_back(positive ? 1 : 0);
                patients.push_back(std::to_string(p));
            }
        }
    }
};

} // namespace

TEST_CASE("bootstrap: every resample's AUCs equal those of the images written out", "[unit]") {
    constexpr std::size_t classes = 3;
    for (std::uint32_t number = 0; number < 24; ++number) {
        Random random(5, Purpose::bootstrap, 3, number);
        const std::size_t images = 2 + random.below(150);
        const std::uint32_t levels = number % 3 == 0 ? 1 : number % 3 == 1 ? 4 : 100000; // all equal, ties, hardly any
        Scores scores;
        Labels labels;
        std::vector<std::string> patients;
        for (std::size_t image = 0; image < images; ++image) {
            patients.push_back(std::to_string(random.below(static_cast<std::uint32_t>(images / 2 + 1))));
            for (std::size_t c = 0; c < classes; ++c) {
                scores.push_back(static_cast<float>(random.below(levels)) / 8 - 1);
                labels.push_back(static_cast<std::int8_t>(random.chance(0.1) ? -1 : random.chance(0.1 + 0.3 * c)));
            }
        }
        const Resamples resamples(clusters_of(patients), 70, number);
        const auto replicates = auc_replicates(resamples, scores, labels, classes);
        for (std::size_t r = 0; r < resamples.count(); ++r) {
            const auto drawn = images_of(resamples, r);
            for (std::size_t c = 0; c < classes; ++c) {
                const auto expected = auc(column(scores, drawn, c, classes), column(labels, drawn, c, classes));
                REQUIRE(std::isnan(replicates[c][r]) == !expected.has_value());
                if (expected) REQUIRE(replicates[c][r] == *expected);
            }
        }
    }
}

TEST_CASE("bootstrap: a resample holds as many patients as there are, each with all of its images", "[unit]") {
    const std::vector<std::string> patients = {"b", "a", "b", "c", "a", "b", "d"};
    const auto clusters = clusters_of(patients);
    CHECK(clusters.count == 4);
    CHECK(clusters.of_image == std::vector<std::uint32_t>{0, 1, 0, 2, 1, 0, 3});
    const Resamples resamples(clusters, 100);
    for (std::size_t r = 0; r < resamples.count(); ++r) {
        CHECK(resamples.weight(r, 0) == resamples.weight(r, 2));
        CHECK(resamples.weight(r, 0) == resamples.weight(r, 5));
        CHECK(resamples.weight(r, 1) == resamples.weight(r, 4));
        CHECK(resamples.weight(r, 0) + resamples.weight(r, 1) + resamples.weight(r, 3) + resamples.weight(r, 6) == 4);
    }
}

TEST_CASE("bootstrap: resamples depend only on seed and index, not on threads or their number", "[unit]") {
    const Clustered data(0, 80, 1, 1);
    const auto clusters = clusters_of(data.patients);
    const Resamples one(clusters, 100, 9, 1), four(clusters, 40, 9, 4), other(clusters, 100, 10, 4);
    const auto a = auc_replicates(one, data.scores, data.labels, 1, 1)[0];
    const auto b = auc_replicates(four, data.scores, data.labels, 1, 4)[0];
    CHECK(Replicates(a.begin(), a.begin() + 40) == b);
    CHECK(a != auc_replicates(other, data.scores, data.labels, 1)[0]);
}

TEST_CASE("bootstrap: a single-class column is undefined in every resample and has no interval", "[unit]") {
    const Labels labels(6, 0);
    const std::vector<std::string> patients = {"a", "b", "c", "d", "e", "f"};
    const Resamples resamples(clusters_of(patients), 50);
    const auto replicates = auc_replicates(resamples, Scores(6, 0.5f), labels, 1);
    for (const double value : replicates[0]) CHECK(std::isnan(value));
    CHECK_FALSE(percentile_interval(replicates[0]));
}

TEST_CASE("bootstrap: a single patient gives no interval", "[unit]") {
    const std::vector<std::string> patients(4, "a");
    const Resamples resamples(clusters_of(patients), 50);
    const auto replicates = auc_replicates(resamples, Scores{1, 2, 3, 4}, Labels{0, 1, 0, 1}, 1);
    for (const double value : replicates[0]) CHECK(std::isnan(value));
    CHECK_FALSE(percentile_interval(replicates[0]));
}

TEST_CASE("bootstrap: with all scores equal the interval is 0.5 to 0.5", "[unit]") {
    const Clustered data(1, 40, 1, 1);
    const Resamples resamples(clusters_of(data.patients), 200);
    const auto interval =
        percentile_interval(auc_replicates(resamples, Scores(data.scores.size(), 0.3f), data.labels, 1)[0]);
    REQUIRE(interval);
    CHECK(interval->low == 0.5);
    CHECK(interval->high == 0.5);
    CHECK(interval->resamples == 200);
}

TEST_CASE("bootstrap: a figure undefined in most resamples has no interval, otherwise they are counted", "[unit]") {
    const double nan = std::nan("");
    CHECK_FALSE(percentile_interval(std::vector<double>{1, nan, nan}));
    CHECK_FALSE(percentile_interval(std::vector<double>{}));
    const auto interval = percentile_interval(std::vector<double>{3, nan, 1, 2}, 0.5);
    REQUIRE(interval);
    CHECK(interval->resamples == 3);
    CHECK(interval->low == 1.5);
    CHECK(interval->high == 2.5);
    const std::vector<Replicates> rows = {{1, nan, nan}, {3, 5, nan}};
    const auto mean = mean_of(rows);
    CHECK(mean[0] == 2);
    CHECK(mean[1] == 5);
    CHECK(std::isnan(mean[2]));
    CHECK(mean_of({}).empty());
}

TEST_CASE("bootstrap: a NaN score is the user's error", "[unit]") {
    const std::vector<std::string> patients = {"a", "b"};
    const Resamples resamples(clusters_of(patients), 10);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(auc_replicates(resamples, Scores{1, nan}, Labels{0, 1}, 1), UserError);
    CHECK_THROWS_AS(auc_replicates(resamples, Scores{1, nan}, Labels{0, -1}, 1), UserError);
    CHECK_THROWS_AS(auc_influence(Scores{1, nan}, Labels{0, 1}), UserError);
    CHECK_THROWS_AS(auc_replicates(resamples, Scores{1, 2, 3}, Labels{0, 1, 0}, 1), InternalError);
}

TEST_CASE("bootstrap: 95 % intervals cover the true AUC of clustered images; without clusters they do not", "[slow]") {
    // Scores of positives and negatives are normal with variance 1 + shared^2 and means `shift` apart.
    const double shift = 1, shared = 1.5, level = 1.959963984540054;
    const double truth = 0.5 * std::erfc(-shift / std::sqrt(2 * (1 + shared * shared)) / std::numbers::sqrt2);
    constexpr int rounds = 1000;
    int clustered = 0, images_alone = 0, obuchowski = 0, delong = 0;
    for (int round = 0; round < rounds; ++round) {
        const Clustered data(static_cast<std::uint32_t>(1000 + round), 150, shift, shared);
        const auto clusters = clusters_of(data.patients);
        Clusters images{{}, data.labels.size()};
        for (std::size_t i = 0; i < data.labels.size(); ++i) images.of_image.push_back(static_cast<std::uint32_t>(i));
        for (const bool by_patient : {true, false}) {
            const Resamples resamples(by_patient ? clusters : images, 400, static_cast<std::uint64_t>(round));
            const auto interval = percentile_interval(auc_replicates(resamples, data.scores, data.labels, 1)[0]);
            (by_patient ? clustered : images_alone) += interval->low <= truth && truth <= interval->high ? 1 : 0;
        }
        const auto influence = *auc_influence(data.scores, data.labels);
        const double away = std::abs(influence.auc - truth) / level;
        obuchowski += away * away <= *auc_variance(influence.of_image, data.labels, clusters) ? 1 : 0;
        delong += away * away <= *auc_variance(influence.of_image, data.labels) ? 1 : 0;
    }
    INFO("covered: clustered bootstrap " << clustered << ", Obuchowski " << obuchowski << ", bootstrap of images "
                                         << images_alone << ", DeLong " << delong << " of " << rounds);
    // Three standard errors of a fraction of 0.95 are 0.021.
    CHECK(std::abs(clustered / double{rounds} - 0.95) < 0.021);
    CHECK(std::abs(obuchowski / double{rounds} - 0.95) < 0.021);
    CHECK(images_alone < 0.9 * rounds);
    CHECK(delong < 0.9 * rounds);
}
