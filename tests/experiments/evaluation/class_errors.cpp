#include "experiments/evaluation/class_errors.h"

#include "tests/support/catch.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// Four validation images that put the threshold of both classes at 0.5 (the third has no positives), and six test
/// images.
OpenDataset six_images() {
    OpenDataset data;
    data.classes = {"one", "two", "none"};
    data.validation = {0, 1, 2, 3};
    data.test = {4, 5, 6, 7, 8, 9};
    data.labels = torch::zeros({10, 3}, torch::kInt8);
    const auto set = [&](std::int64_t c, const std::vector<int>& labels) {
        data.labels.select(1, c).copy_(torch::tensor(labels));
    };
    set(0, {0, 0, 1, 1, /*test*/ 1, 0, 0, 1, -1, 1});
    set(1, {0, 0, 1, 1, /*test*/ 1, 1, 0, 0, 0, 0});
    return data;
}

EvaluationOutcome outcome_of(const std::vector<float>& one, const std::vector<float>& two) {
    EvaluationOutcome outcome;
    const auto column = torch::tensor(std::vector<float>{0.1f, 0.2f, 0.5f, 0.9f});
    outcome.validation_scores = torch::stack({column, column, column}, 1);
    outcome.test_scores = torch::stack({torch::tensor(one), torch::tensor(two), torch::tensor(one)}, 1);
    return outcome;
}

} // namespace

TEST_CASE("class errors: the most confident come first, and unknown labels are no errors", "[unit]") {
    const auto classes = class_errors(six_images(), outcome_of({0.2f, 0.6f, 0.9f, 0.1f, 1, 0.5f}, {1, 1, 0, 0, 0, 0}));
    REQUIRE(classes.size() == 3);
    const auto& one = classes[0];
    CHECK(one.name == "one");
    CHECK(one.threshold.threshold == 0.5);
    CHECK((one.positives == 3 && one.negatives == 2));
    REQUIRE(one.false_positives.size() == 2);
    CHECK((one.false_positives[0].image == 6 && one.false_positives[0].score == 0.9f));
    CHECK(one.false_positives[1].image == 5);
    REQUIRE(one.false_negatives.size() == 2); // a score at the threshold is positive
    CHECK((one.false_negatives[0].image == 7 && one.false_negatives[1].image == 4));

    CHECK((classes[1].false_positives.empty() && classes[1].false_negatives.empty()));
    CHECK((classes[1].positives == 2 && classes[1].negatives == 4));
}

TEST_CASE("class errors: a class without a threshold has none", "[unit]") {
    const auto classes = class_errors(six_images(), outcome_of({1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}));
    CHECK_FALSE(classes[2].threshold.known);
    CHECK((classes[2].false_positives.empty() && classes[2].false_negatives.empty()));
    CHECK((classes[2].positives == 0 && classes[2].negatives == 6));
}

TEST_CASE("class errors: equal scores are in the order of the images", "[unit]") {
    const auto classes = class_errors(six_images(), outcome_of({0, 0, 0, 0, 0, 0}, {0, 0, 0.7f, 0.7f, 0.8f, 0.7f}));
    std::vector<std::int64_t> order;
    for (const auto& error : classes[1].false_positives) order.push_back(error.image);
    CHECK(order == std::vector<std::int64_t>{8, 6, 7, 9});
}
