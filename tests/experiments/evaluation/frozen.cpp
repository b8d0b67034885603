#include "tests/support/catch.h"
#include "tests/support/range.h"
#include "tests/support/tiny_encoder.h"

#include "core/error.h"
#include "core/json.h"
#include "experiments/evaluation/features.h"
#include "experiments/evaluation/linear_probe.h"
#include "experiments/evaluation/logistic.h"
#include "methods/device/bf16.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

Tensor numbers(const json::value& value, std::vector<std::int64_t> shape) {
    std::vector<double> flat;
    for (const auto& row : value.as_array()) {
        if (!row.is_array())
            flat.push_back(row.to_number<double>());
        else
            for (const auto& entry : row.as_array()) flat.push_back(entry.to_number<double>());
    }
    return torch::tensor(flat, torch::kFloat64).reshape(shape);
}

/// One problem of the reference file; the training images come first.
struct Reference {
    double l2;
    std::int64_t train, all, features;
    Tensor raw, standard, labels, weight, bias, scores;
    explicit Reference(const json::value& entry)
        : l2(entry.at("l2").to_number<double>()), train(entry.at("train").as_int64()),
          all(train + entry.at("others").as_int64()), features(entry.at("features").as_int64()) {
        raw = noise({all, features}, 40)
                  .mm(torch::eye(features, torch::kFloat64) + 0.7 * noise({features, features}, 41)) +
              2 * noise({features}, 42);
        const auto rows = raw.narrow(0, 0, train);
        standard = ((rows - rows.mean(0)) / rows.std(0, false)).to(torch::kFloat32);
        labels = numbers(entry.at("labels"), {all, 2}).to(torch::kInt8);
        weight = numbers(entry.at("weight"), {2, features});
        bias = numbers(entry.at("bias"), {2});
        scores = numbers(entry.at("scores"), {2, all - train});
    }
};

std::vector<Reference> references() {
    std::vector<Reference> result;
    const auto file = read_json(MLVICX_TEST_DATA "/logistic.json");
    for (const auto& entry : file.at("cases").as_array()) result.emplace_back(entry);
    return result;
}

/// The gradient of the objective in the features' own coordinates, in float64, from its definition.
Tensor gradient_of(const Tensor& x, const Tensor& labels, const LogisticFit& fit, double l2) {
    const auto w = fit.weight.to(torch::kFloat64).requires_grad_(), b = fit.bias.to(torch::kFloat64).requires_grad_();
    const auto logits = x.to(torch::kFloat64).mm(w) + b;
    auto sum = 0.5 * l2 * w.square().sum();
    for (std::int64_t c = 0; c < labels.size(1); ++c) {
        const auto known = labels.select(1, c) >= 0;
        const auto y = labels.select(1, c).index({known}).to(torch::kFloat64);
        sum = sum + torch::binary_cross_entropy_with_logits(logits.select(1, c).index({known}), y);
    }
    sum.backward();
    return torch::cat({w.grad(), b.grad().unsqueeze(0)});
}

} // namespace

TEST_CASE("frozen: the probe's weights are scikit-learn's", "[reference]") {
    const auto all = references();
    REQUIRE(all.size() == 4);
    for (const auto& r : all) {
        INFO(r.train << " images, " << r.features << " features, l2 " << r.l2);
        LogisticRegression regression(r.standard, r.labels.narrow(0, 0, r.train));
        const auto fit = regression.fit(r.l2, 200);
        CHECK(fit.gradient <= 1e-6);
        CHECK(fit.iterations < 60);
        // Strong convexity: the distance to the optimum is at most gradient / l2.
        const double tolerance = r.l2 < 0.01 ? 1e-3 : 1e-5;
        CHECK(largest_gap(fit.weight.t(), r.weight) < tolerance);
        CHECK(largest_gap(fit.bias, r.bias) < tolerance);
        const auto sharp = LogisticRegression(r.standard, r.labels.narrow(0, 0, r.train)).fit(r.l2, 200, 1e-7);
        CHECK(largest_gap(sharp.weight.t(), r.weight) < 1e-4);
    }
}

TEST_CASE("frozen: scores of raw features are scikit-learn's", "[reference]") {
    for (const auto& r : references()) {
        OpenDataset data;
        data.labels = r.labels;
        data.classes = {"one", "two"};
        data.train = range(0, r.train);
        data.validation = data.test = range(r.train, r.all);
        LinearProbeOptions options;
        options.l2 = {r.l2};
        const auto outcome = evaluate_linear_probe(r.raw.to(torch::kFloat32), data, options);
        CHECK(outcome.test_scores.scalar_type() == torch::kFloat32);
        CHECK(largest_gap(outcome.test_scores, r.scores.t()) < (r.l2 < 0.01 ? 1e-3 : 1e-5)); // as the weights above
        CHECK(outcome.test_scores.equal(outcome.validation_scores));
    }
}

TEST_CASE("frozen: the path ends at an optimum for every strength, on correlated features", "[unit]") {
    const std::int64_t n = 1500, f = 40, classes = 5;
    // Standard deviations along the axes from 1 to 1/1000: a plain L-BFGS needs hundreds of iterations.
    const auto scales = torch::logspace(0, -3, f, 10, torch::kFloat64);
    auto x = (noise({n, f}, 70) * scales).mm(std::get<0>(torch::linalg_qr(noise({f, f}, 71))));
    x = ((x - x.mean(0)) / x.std(0, false)).to(torch::kFloat32);
    const auto rarity = torch::tensor({0.0, 0.5, 0.9, 1.2, 1.4}, torch::kFloat64);
    const auto labels = (x.to(torch::kFloat64).mm(noise({f, classes}, 72)) / 3 + noise({n, classes}, 73) > rarity)
                            .to(torch::kInt8)
                            .masked_fill(noise({n, classes}, 74) > 0.8, -1);
    LogisticRegression regression(x, labels);
    for (const double l2 : {1.0, 1e-2, 1e-4, 1e-5}) {
        const auto fit = regression.fit(l2, 200);
        INFO("l2 " << l2 << ", iterations " << fit.iterations);
        CHECK(fit.gradient <= 1e-6);
        CHECK(fit.iterations < 100);
        CHECK(gradient_of(x, labels, fit, l2).abs().max().item<double>() < 4e-6);
    }
}

TEST_CASE("frozen: a class of one value scores its prior, and does not disturb the others", "[unit]") {
    const auto x = noise({30, 4}, 80).to(torch::kFloat32);
    auto labels = torch::zeros({30, 4}, torch::kInt8);
    labels.select(1, 0).copy_(noise({30}, 81) > 0);
    labels.select(1, 2).fill_(1);
    labels.select(1, 3).fill_(-1);
    LogisticRegression regression(x, labels);
    const auto fit = regression.fit(0.01, 200);
    const auto scores = torch::sigmoid(x.mm(fit.weight) + fit.bias);
    CHECK(scores.select(1, 1).equal(torch::zeros({30})));
    CHECK(scores.select(1, 2).equal(torch::ones({30})));
    CHECK(scores.select(1, 3).equal(torch::full({30}, 0.5)));
    const auto alone = LogisticRegression(x, labels.narrow(1, 0, 1)).fit(0.01, 200);
    CHECK(largest_gap(fit.weight.narrow(1, 0, 1), alone.weight.to(torch::kFloat64)) < 1e-5);
}

TEST_CASE("frozen: two images, separable at once, are enough", "[unit]") {
    const auto fit =
        LogisticRegression(torch::tensor({{1.f, 0.f, 2.f}, {-1.f, 0.f, -2.f}}), torch::tensor({{1}, {0}}, torch::kInt8))
            .fit(1e-5, 200);
    CHECK(fit.gradient <= 1e-6);
    CHECK(fit.weight[1].item<float>() == Approx(0).margin(1e-6));
    CHECK(fit.weight[2].item<float>() == Approx(2 * fit.weight[0].item<float>()).epsilon(1e-4));
}

TEST_CASE("frozen: the strength is chosen by validation AUC; without one, it is the strongest", "[unit]") {
    OpenDataset data;
    data.classes = {"finding", "never seen"};
    data.train = range(0, 60);
    data.validation = range(60, 260);
    data.test = range(260, 300);
    const auto features = noise({300, 40}, 90).to(torch::kFloat32);
    // One weak signal among forty features and sixty images: weak regularisation overfits.
    const auto finding = (features.select(1, 0) + 1.5 * noise({300}, 91) > 0).to(torch::kInt8);
    data.labels = torch::stack({finding, torch::zeros({300}, torch::kInt8)}, 1);
    const auto outcome = evaluate_linear_probe(features, data, {});
    const auto& path = outcome.details.at("path").as_array();
    REQUIRE(path.size() == 6);
    double best = 0;
    for (const auto& entry : path) {
        const double auc = entry.at("validation_auc").as_double();
        if (auc > best) best = auc;
        if (entry.at("l2").as_double() == outcome.details.at("l2").as_double())
            CHECK(auc == outcome.details.at("validation_auc").as_double());
    }
    CHECK(best == outcome.details.at("validation_auc").as_double());
    CHECK(outcome.details.at("l2").as_double() > 1e-4);
    CHECK(outcome.details.at("classes_without_both_values") == json::value(json::array{"never seen"}));
    CHECK(*auc_of(outcome.validation_scores, rows_of(data.labels, data.validation), data.classes).mean == best);

    data.validation = {};
    const auto blind = evaluate_linear_probe(features, data, {});
    CHECK(blind.details.at("l2").as_double() == 1.0);
    CHECK(blind.details.at("validation_auc").is_null());
    CHECK(blind.validation_scores.sizes() == torch::IntArrayRef({0, 2}));
    CHECK(blind.test_scores.sizes() == torch::IntArrayRef({40, 2}));
    data.train = {};
    CHECK_THROWS_AS(evaluate_linear_probe(features, data, {}), UserError);
}

TEST_CASE("frozen: features do not depend on order or on other images, and the encoder is left unchanged", "[unit]") {
    const ToyImages toy(70);
    TinyEncoder encoder;
    encoder.train();
    std::vector<Tensor> before;
    for (const auto& tensor : encoder.buffers()) before.push_back(tensor.clone());
    const auto all = range(0, 70);
    const auto features = extract_features(encoder, toy.images, all, {32, torch::kCPU, Precision::fp32});
    CHECK(features.sizes() == torch::IntArrayRef({70, 16}));
    CHECK_FALSE(features.requires_grad());
    CHECK(encoder.is_training());
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(encoder.buffers()[i].equal(before[i]));

    const std::vector<std::int64_t> backwards(all.rbegin(), all.rend());
    CHECK(extract_features(encoder, toy.images, backwards, {32, torch::kCPU, Precision::fp32}).equal(features.flip(0)));
    CHECK(extract_features(encoder, toy.images, {69, 3}, {32, torch::kCPU, Precision::fp32})
              .equal(rows_of(features, {69, 3})));
    encoder.eval();
    if (bf16_fault().empty())
        CHECK_FALSE(
            (extract_features(encoder, toy.images, all, {32, torch::kCPU, Precision::bf16}), encoder.is_training()));
    CHECK(extract_features(encoder, toy.images, {}, {32, torch::kCPU, Precision::fp32}).size(0) == 0);
}

TEST_CASE("frozen: learns findings that the features show", "[unit]") {
    const ToyImages toy(300);
    TinyEncoder encoder;
    OpenDataset data;
    data.images = toy.images;
    data.labels = toy.labels;
    data.classes = {"stripes", "spot"};
    data.train = range(0, 150);
    data.validation = range(150, 220);
    data.test = range(220, 300);
    const auto features = extract_features(encoder, toy.images, range(0, 300), {32, torch::kCPU, Precision::fp32});
    const auto outcome = evaluate_linear_probe(features, data, {});
    CHECK(*auc_of(outcome.test_scores, rows_of(data.labels, data.test), data.classes).mean > 0.9);
    data.labels = toy.labels.roll(1, 0); // labels of other images teach nothing
    const auto shuffled = evaluate_linear_probe(features, data, {});
    CHECK(*auc_of(shuffled.test_scores, rows_of(data.labels, data.test), data.classes).mean < 0.7);
}
