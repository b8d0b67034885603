#include "tests/support/catch.h"
#include "tests/support/range.h"
#include "tests/support/tiny_encoder.h"

#include "core/error.h"
#include "core/json.h"
#include "experiments/evaluation/features.h"
#include "experiments/evaluation/knn.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

Tensor table(const json::value& rows, torch::Dtype type = torch::kFloat64) {
    std::vector<Tensor> result;
    for (const auto& row : rows.as_array()) {
        std::vector<double> values;
        for (const auto& value : row.as_array()) values.push_back(value.to_number<double>());
        result.push_back(torch::tensor(values, torch::kFloat64));
    }
    return torch::stack(result).to(type);
}

/// Forty images around two centres, with the class "near the first" and one that is independent of the features.
struct Clusters {
    Tensor features, labels;
    OpenDataset data;
    Clusters() {
        const auto first = (noise({120}, 110) > 0);
        features =
            (torch::where(first.unsqueeze(1), noise({1, 12}, 111), noise({1, 12}, 112)) + 0.5 * noise({120, 12}, 113))
                .to(torch::kFloat32);
        labels = torch::stack({first.to(torch::kInt8), (noise({120}, 114) > 0).to(torch::kInt8)}, 1);
        data.labels = labels;
        data.classes = {"first", "nothing"};
        data.train = range(0, 40);
        data.validation = range(40, 80);
        data.test = range(80, 120);
    }
};

} // namespace

TEST_CASE("knn: scores are scikit-learn's, unknown labels left out", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/knn.json");
    const auto features = (noise({70, 8}, 100) + 0.4).to(torch::kFloat32);
    const auto train = features.narrow(0, 0, 50), queries = features.narrow(0, 50, 20);
    const auto labels = table(file.at("labels"), torch::kInt8);
    const auto all_known = (noise({50, 1}, 103) > 0).to(torch::kInt8);
    const auto& cases = file.at("cases").as_array();
    REQUIRE(cases.size() == 4);
    std::vector<std::int64_t> ks;
    for (const auto& entry : cases) ks.push_back(entry.at("k").as_int64());
    const auto scores = knn_scores(train, labels, queries, ks, 0.07);
    const auto known = knn_scores(train, all_known, queries, ks, 0.07);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        INFO("k = " << ks[i]);
        CHECK(largest_gap(scores[i], table(cases[i].at("scores"))) < 2e-6);
        CHECK(largest_gap(known[i].t(), table(json::array{cases[i].at("known")})) < 2e-6);
    }
}

TEST_CASE("knn: an image's scores do not depend on the batch, on the others or on the length of a feature", "[unit]") {
    const auto features = (noise({300, 24}, 120) + 0.1).to(torch::kFloat32);
    const auto labels = (noise({200, 3}, 121) > 0).to(torch::kInt8).masked_fill(noise({200, 3}, 122) > 0.7, -1);
    const auto train = features.narrow(0, 0, 200), queries = features.narrow(0, 200, 100);
    const auto at_once = knn_scores(train, labels, queries, {3, 200}, 0.07);
    for (const std::int64_t batch : {1, 7, 100}) {
        const auto parts = knn_scores(train, labels, queries, {3, 200}, 0.07, batch);
        for (std::size_t i = 0; i < 2; ++i) CHECK(largest_gap(parts[i], at_once[i].to(torch::kFloat64)) < 1e-5);
    }
    const auto backwards = knn_scores(train, labels, queries.flip(0), {3, 200}, 0.07);
    CHECK(largest_gap(backwards[0].flip(0), at_once[0].to(torch::kFloat64)) < 1e-5);
    const auto longer = queries * torch::linspace(0.1, 9, 100).unsqueeze(1);
    CHECK(largest_gap(knn_scores(train, labels, longer, {3, 200}, 0.07)[1], at_once[1].to(torch::kFloat64)) < 1e-5);
    CHECK(knn_scores(train, labels, queries.narrow(0, 0, 0), {3}, 0.07)[0].sizes() == torch::IntArrayRef({0, 3}));
}

TEST_CASE("knn: one neighbour gives its own labels, and all images with equal weights give the prior", "[unit]") {
    const auto train = noise({30, 6}, 130).to(torch::kFloat32);
    const auto labels = (noise({30, 2}, 131) > 0.3).to(torch::kInt8);
    const auto own = knn_scores(train, labels, train, {1}, 0.07)[0];
    CHECK(own.equal(labels.to(torch::kFloat32)));
    const auto alike = torch::ones({30, 6});
    const auto shares = labels.to(torch::kFloat64).mean(0).expand({5, 2});
    CHECK(largest_gap(knn_scores(alike, labels, alike.narrow(0, 0, 5), {30}, 0.07)[0], shares) < 1e-6);
}

TEST_CASE("knn: a class without a known neighbour scores its prior, one without any label one half", "[unit]") {
    auto train = torch::cat({torch::ones({5, 3}), -torch::ones({4, 3})});
    auto labels = torch::zeros({9, 2}, torch::kInt8);
    labels.select(1, 1).fill_(-1);
    labels.select(1, 0).narrow(0, 0, 5).fill_(-1); // known only for the images on the other side: one of four
    labels[8][0] = 1;
    const auto scores = knn_scores(train, labels, torch::ones({1, 3}), {3}, 0.07)[0];
    CHECK(scores[0][0].item<float>() == Approx(0.25));
    CHECK(scores[0][1].item<float>() == Approx(0.5));
    const auto zero = knn_scores(train, labels, torch::zeros({1, 3}), {9}, 0.07)[0]; // a feature without a direction
    CHECK(zero[0][0].item<float>() == Approx(0.25));
}

TEST_CASE("knn: k is chosen by validation AUC, and never exceeds the labelled images", "[unit]") {
    Clusters images;
    const auto outcome = evaluate_knn(images.features, images.data, {});
    const auto& path = outcome.details.at("path").as_array();
    REQUIRE(path.size() == 5); // 1, 5, 10, 20 and, for 50, 100 and 200, all 40
    CHECK(path.front().at("k") == 40);
    double best = 0;
    for (const auto& entry : path) best = std::max(best, entry.at("validation_auc").as_double());
    CHECK(outcome.details.at("validation_auc").as_double() == best);
    const auto labels = rows_of(images.labels, images.data.validation);
    CHECK(*auc_of(outcome.validation_scores, labels, images.data.classes).mean == best);
    const auto test = auc_of(outcome.test_scores, rows_of(images.labels, images.data.test), images.data.classes);
    CHECK(*test.classes[0].value > 0.95);

    images.data.validation = {};
    const auto blind = evaluate_knn(images.features, images.data, {});
    CHECK(blind.details.at("k") == 40);
    CHECK(blind.details.at("validation_auc").is_null());
}

TEST_CASE("knn: unusable options and data are refused", "[unit]") {
    Clusters images;
    KnnOptions none;
    none.k = {};
    CHECK_THROWS_AS(evaluate_knn(images.features, images.data, none), UserError);
    images.data.train = {};
    CHECK_THROWS_AS(evaluate_knn(images.features, images.data, {}), UserError);
    for (const char* wrong : {R"({"k": [0]})", R"({"k": [1.5]})", R"({"temperature": 0})", R"({"ks": [1]})"}) {
        KnnOptions options;
        CHECK_THROWS_AS(overlay(json::parse(wrong), "plan", "$", [&](Fields& f) { fields(f, options); }), UserError);
    }
}
