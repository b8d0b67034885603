// Features that vary only by rounding carry no information, and no protocol may turn them into metrics.
#include "tests/support/catch.h"
#include "tests/support/range.h"
#include "tests/support/small_method.h"

#include "core/error.h"
#include "experiments/encoder_table.h"
#include "experiments/evaluation/finetune.h"
#include "experiments/evaluation/knn.h"
#include "experiments/evaluation/linear_probe.h"
#include "methods/device/bf16.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

OpenDataset labelled(std::int64_t count) {
    OpenDataset data;
    data.labels = (noise({count, 2}, 300) > 0.2).to(torch::kInt8);
    data.classes = {"one", "two"};
    data.train = range(0, count / 2);
    data.validation = range(count / 2, 3 * count / 4);
    data.test = range(3 * count / 4, count);
    return data;
}

std::optional<double> test_auc(const EvaluationOutcome& outcome, const OpenDataset& data) {
    return auc_of(outcome.test_scores, rows_of(data.labels, data.test), data.classes).mean;
}

} // namespace

// Scores that are all equal have an AUC of one half by definition, because every pair is a tie.
TEST_CASE("dead features: images that are all alike give an AUC of exactly one half", "[unit]") {
    const OneThread one_thread;
    torch::manual_seed(3);
    const auto encoder = make_encoder("resnet18+context");
    for (const int grey : {0, 200}) {
        INFO("grey " << grey);
        auto data = labelled(120);
        data.images = torch::full({120, 32, 32}, grey, torch::kUInt8);
        for (const auto precision : {Precision::fp32, Precision::bf16}) {
            if (precision == Precision::bf16 && !bf16_fault().empty()) continue; // not offered on this CPU
            const auto features = extract_features(*encoder, data.images, range(0, 120), {32, torch::kCPU, precision});
            const auto frozen = evaluate_linear_probe(features, data, {}, precision);
            CHECK(test_auc(frozen, data) == 0.5);
            CHECK(frozen.details.at("dead_features") == 512);
            CHECK(frozen.details.at("features") == 512);
            const auto knn = evaluate_knn(features, data, {}, precision);
            CHECK(test_auc(knn, data) == 0.5);
            CHECK(knn.details.at("dead_features") == 512);
        }
    }
}

TEST_CASE("dead features: fine-tuning on images that are all alike gives an AUC of exactly one half", "[unit]") {
    const OneThread one_thread;
    torch::manual_seed(3);
    const auto encoder = make_encoder("resnet18");
    auto data = labelled(40);
    data.images = torch::full({40, 32, 32}, 90, torch::kUInt8);
    FinetuneOptions options;
    options.epochs = 2;
    options.batch_size = 10;
    options.precision = "fp32";
    const auto outcome = evaluate_finetuned(*encoder, data, options, {1, 32, torch::kCPU});
    CHECK(test_auc(outcome, data) == 0.5);
    CHECK(outcome.details.at("dead_features") == outcome.details.at("features"));
}

TEST_CASE("dead features: a channel that is shut on the labelled images changes nothing", "[unit]") {
    const auto data = labelled(160);
    const auto signal = data.labels.to(torch::kFloat64).mm(noise({2, 12}, 301)) + noise({160, 12}, 302);
    const auto alone = evaluate_linear_probe(signal.to(torch::kFloat32), data, {});
    CHECK(alone.details.at("dead_features") == 0);
    // Gates near zero leave 1e-26 of a channel; they may be open on other images.
    auto shut = 1e-26 * noise({160, 3}, 303);
    shut[150].fill_(5);
    const auto level = 0.3 + 1e-7 * noise({160, 1}, 304); // rounding on a constant
    const auto features = torch::cat({signal.narrow(1, 0, 6), shut, level, signal.narrow(1, 6, 6)}, 1);
    const auto beside = evaluate_linear_probe(features.to(torch::kFloat32), data, {});
    CHECK(beside.details.at("features") == 16);
    CHECK(beside.details.at("dead_features") == 4);
    CHECK(largest_gap(beside.test_scores, alone.test_scores.to(torch::kFloat64)) < 1e-4);
    CHECK(beside.head.weight.narrow(1, 6, 4).equal(torch::zeros({2, 4})));
}

TEST_CASE("dead features: features that are not finite are refused", "[unit]") {
    const auto encoder = make_encoder("resnet18");
    const torch::NoGradGuard no_grad;
    encoder->parameters().back().fill_(INFINITY);
    const auto images = torch::zeros({3, 32, 32}, torch::kUInt8);
    const auto message = [&]() -> std::string {
        try {
            extract_features(*encoder, images, range(0, 3), {32, torch::kCPU, Precision::fp32});
        } catch (const UserError& error) {
            return error.what();
        }
        return {};
    }();
    CHECK(message.find("features of 3 of 3 images are not finite numbers") != std::string::npos);
}
