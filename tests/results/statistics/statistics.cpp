#include "tests/support/catch.h"

#include "core/json.h"
#include "results/metrics/classification.h"
#include "results/metrics/metrics.h"
#include "results/statistics/aggregate.h"
#include "results/statistics/comparison.h"
#include "results/statistics/delong.h"

#include <cmath>
#include <string>

using namespace mlvicx;

namespace {

const json::object& reference() {
    static const json::value file = read_json(MLVICX_TEST_DATA "/statistics.json");
    return file.as_object();
}

bool near(double value, double expected, double tolerance = 1e-12) {
    return std::abs(value - expected) <= tolerance;
}

/// Two models' scores on the same images.
struct Case {
    std::vector<float> a, b;
    std::vector<std::int8_t> labels;
    Clusters clusters;
    explicit Case(const json::value& c) {
        for (const auto& level : c.at("levels_a").as_array()) a.push_back(level.to_number<float>() / 1024);
        for (const auto& level : c.at("levels_b").as_array()) b.push_back(level.to_number<float>() / 1024);
        for (const auto& label : c.at("labels").as_array()) labels.push_back(label.to_number<std::int8_t>());
        std::vector<std::string> patients;
        for (const auto& patient : c.at("patients").as_array())
            patients.push_back(std::to_string(patient.to_number<int>()));
        clusters = clusters_of(patients);
    }
    /// The two models as two classes, [images, 2].
    std::vector<float> both() const {
        std::vector<float> table;
        for (std::size_t i = 0; i < a.size(); ++i) table.insert(table.end(), {a[i], b[i]});
        return table;
    }
    std::vector<std::int8_t> both_labels() const {
        std::vector<std::int8_t> table;
        for (const auto label : labels) table.insert(table.end(), {label, label});
        return table;
    }
};

/// The number named `key`; nullopt if it is undefined in the reference.
std::optional<double> maybe(const json::value& c, const char* key) {
    if (c.at(key).is_null()) return std::nullopt;
    return c.at(key).to_number<double>();
}

Runs runs_of(const json::value& value) {
    return json::value_to<Runs>(value);
}

} // namespace

TEST_CASE("statistics: AUC, average precision, Brier score and operating points equal scikit-learn's on 300 cases",
          "[reference]") {
    const auto& cases = reference().at("cases").as_array();
    REQUIRE(cases.size() == 300);
    for (const auto& c : cases) {
        const Case images(c);
        REQUIRE(near(*auc(images.a, images.labels), *maybe(c, "auc")));
        REQUIRE(near(*average_precision(images.a, images.labels), *maybe(c, "average_precision")));
        REQUIRE(near(*sensitivity_at(0.9, images.a, images.labels), *maybe(c, "sensitivity_at_90")));
        REQUIRE(near(*brier_score(images.a, images.labels), *maybe(c, "brier")));
        REQUIRE(near(*calibration_error(images.a, images.labels), *maybe(c, "ece")));
    }
}

TEST_CASE("statistics: DeLong's variance and paired test equal pROC's on 300 cases with ties", "[reference]") {
    for (const auto& c : reference().at("cases").as_array()) {
        const Case images(c);
        const auto a = auc_influence(images.a, images.labels), b = auc_influence(images.b, images.labels);
        REQUIRE(near(a->auc, *maybe(c, "auc")));
        REQUIRE(near(b->auc, *maybe(c, "auc_b")));
        REQUIRE(near(*auc_variance(a->of_image, images.labels), *maybe(c, "delong_variance")));
        std::vector<double> difference;
        for (std::size_t i = 0; i < a->of_image.size(); ++i) difference.push_back(a->of_image[i] - b->of_image[i]);
        const double p = normal_p(a->auc - b->auc, std::sqrt(*auc_variance(difference, images.labels)));
        REQUIRE(near(p, *maybe(c, "delong_p"), 1e-9));
    }
}

TEST_CASE("statistics: the clustered variance equals Obuchowski's formulas over all pairs on 300 cases",
          "[reference]") {
    int defined = 0;
    for (const auto& c : reference().at("cases").as_array()) {
        const Case images(c);
        const auto a = auc_influence(images.a, images.labels), b = auc_influence(images.b, images.labels);
        std::vector<double> difference;
        for (std::size_t i = 0; i < a->of_image.size(); ++i) difference.push_back(a->of_image[i] - b->of_image[i]);
        const auto of_a = auc_variance(a->of_image, images.labels, images.clusters);
        const auto of_difference = auc_variance(difference, images.labels, images.clusters);
        const auto expected = maybe(c, "clustered_variance");
        REQUIRE(of_a.has_value() == expected.has_value());
        REQUIRE(of_difference.has_value() == expected.has_value());
        if (!expected) continue;
        ++defined;
        // A variance that the covariance makes negative is zero.
        REQUIRE(near(*of_a, std::max(0.0, *expected)));
        REQUIRE(near(*of_difference, std::max(0.0, *maybe(c, "clustered_variance_of_difference"))));
    }
    CHECK(defined > 250);
}

TEST_CASE("statistics: resamples, their AUCs and intervals equal those of a Python reimplementation", "[reference]") {
    const auto& bootstraps = reference().at("bootstrap").as_array();
    REQUIRE(bootstraps.size() == 15);
    for (const auto& c : bootstraps) {
        const Case images(reference().at("cases").as_array().at(c.at("case").to_number<std::size_t>()));
        const Resamples resamples(images.clusters, c.at("resamples").to_number<std::size_t>(),
                                  c.at("seed").to_number<std::uint64_t>());
        const auto replicates = auc_replicates(resamples, images.both(), images.both_labels(), 2);
        const auto& first = c.at("first").as_array();
        for (std::size_t r = 0; r < first.size(); ++r) {
            REQUIRE(std::isnan(replicates[0][r]) == first[r].is_null());
            if (!first[r].is_null()) REQUIRE(near(replicates[0][r], first[r].to_number<double>()));
        }
        const auto check = [&](const std::optional<Interval>& interval, const char* key) {
            REQUIRE(interval.has_value());
            REQUIRE(near(interval->low, c.at(key).at(0).to_number<double>()));
            REQUIRE(near(interval->high, c.at(key).at(1).to_number<double>()));
            REQUIRE(interval->resamples == c.at("defined").to_number<std::int64_t>());
        };
        check(percentile_interval(replicates[0]), "auc");
        check(percentile_interval(mean_of(replicates)), "mean");
        const double a = *auc(images.a, images.labels), b = *auc(images.b, images.labels);
        const auto difference = paired_difference(a, replicates[0], b, replicates[1]);
        check(difference.interval, "difference");
        REQUIRE(difference.value == a - b);
        REQUIRE(near(*difference.p, normal_p(a - b, *maybe(c, "deviation_of_difference")), 1e-9));
    }
}

TEST_CASE("statistics: interquartile mean and probability of improvement equal rliable's", "[reference]") {
    const auto& aggregates = reference().at("aggregate").as_array();
    REQUIRE(aggregates.size() == 40);
    for (const auto& c : aggregates) {
        REQUIRE(near(interquartile_mean(runs_of(c.at("a"))), *maybe(c, "iqm")));
        REQUIRE(near(probability_of_improvement(runs_of(c.at("a")), runs_of(c.at("b"))), *maybe(c, "improvement")));
    }
}

TEST_CASE("statistics: Holm's correction equals statsmodels'", "[reference]") {
    const auto& cases = reference().at("holm").as_array();
    REQUIRE(cases.size() == 20);
    for (const auto& c : cases) {
        std::vector<std::optional<double>> p;
        for (const double value : json::value_to<std::vector<double>>(c.at("p"))) p.emplace_back(value);
        const auto adjusted = holm(p);
        const auto expected = json::value_to<std::vector<double>>(c.at("adjusted"));
        for (std::size_t i = 0; i < p.size(); ++i) REQUIRE(near(*adjusted[i], expected[i]));
    }
}
