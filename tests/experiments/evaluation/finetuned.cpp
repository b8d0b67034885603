#include "tests/support/emulated_kernels.h"

#include "tests/support/catch.h"
#include "tests/support/toy_evaluation.h"

#include "core/error.h"
#include "experiments/evaluation/finetune.h"
#include "methods/device/graph_recorder.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

OpenDataset toy_data(std::int64_t labelled) {
    auto data = toy_evaluation(200);
    data.train.resize(static_cast<std::size_t>(labelled));
    return data;
}

FinetuneOptions quick() {
    FinetuneOptions options;
    options.epochs = 12;
    options.batch_size = 16;
    options.learning_rate = 0.01;
    options.precision = "fp32";
    return options;
}

double auc_on(const OpenDataset& data, const Tensor& scores, const std::vector<std::int64_t>& images) {
    return *auc_of(scores, rows_of(data.labels, images), data.classes).mean;
}

std::vector<double> curve(const EvaluationOutcome& outcome, const std::string& name) {
    std::vector<double> values;
    for (const auto& point : outcome.curves)
        if (point.name == name) {
            CHECK(point.epoch == static_cast<std::int64_t>(values.size()));
            values.push_back(point.value);
        }
    return values;
}

Tensor all_state(const torch::nn::Module& module) {
    std::vector<Tensor> flat;
    for (const auto& tensor : module.parameters()) flat.push_back(tensor.detach().flatten());
    for (const auto& tensor : module.buffers()) flat.push_back(tensor.detach().flatten().to(torch::kFloat32));
    return torch::cat(flat);
}

} // namespace

TEST_CASE("finetuned: learns, and leaves the encoder in evaluation mode", "[unit]") {
    const auto data = toy_data(120);
    TinyEncoder encoder;
    const auto outcome = evaluate_finetuned(encoder, data, quick(), {1, 32, torch::kCPU});
    CHECK(auc_on(data, outcome.test_scores, data.test) > 0.9);
    CHECK_FALSE(encoder.is_training());
    CHECK(outcome.test_scores.sizes() == torch::IntArrayRef({40, 2}));
    CHECK(outcome.test_scores.min().item<float>() >= 0);
    CHECK(outcome.test_scores.max().item<float>() <= 1);
    const auto losses = curve(outcome, "train_loss"), rates = curve(outcome, "learning_rate");
    CHECK(losses.back() < 0.7 * losses.front());
    CHECK(losses.size() == static_cast<std::size_t>(outcome.details.at("epochs").as_int64()));
    CHECK(rates.front() == Approx(0.01 * 7 / 8)); // eight steps per epoch; the first is warm-up
    CHECK(outcome.details.at("steps_per_epoch").as_int64() == 8);
}

TEST_CASE("finetuned: recorded steps give the same scores and curves, whatever the last batch's size", "[unit]") {
    const EmulatedGpu gpu(GENERATE(false, true)); // with the views' and the update's kernels in the recorded work
    const auto data = toy_data(36);               // batches of 16, 16 and 4
    TinyEncoder plain, recorded;
    const auto expected = evaluate_finetuned(plain, data, quick(), {1, 32, torch::kCPU});
    const EmulatedGraphs emulated;
    const auto found = evaluate_finetuned(recorded, data, quick(), {1, 32, torch::kCPU});
    CHECK(EmulatedGraphs::replays() > 10);
    CHECK(torch::equal(found.test_scores, expected.test_scores));
    CHECK(curve(found, "train_loss") == curve(expected, "train_loss"));
    CHECK(torch::equal(all_state(recorded), all_state(plain)));
}

TEST_CASE("finetuned: the best epoch's weights are restored and patience ends it", "[unit]") {
    auto data = toy_data(24);
    auto options = quick();
    options.epochs = 40;
    options.patience = 3;
    options.learning_rate = 0.05; // high enough to get worse after the best epoch
    TinyEncoder encoder;
    const auto outcome = evaluate_finetuned(encoder, data, options, {2, 32, torch::kCPU});
    const auto aucs = curve(outcome, "validation_auc");
    const auto best = std::max_element(aucs.begin(), aucs.end());
    CHECK(outcome.details.at("best_epoch").as_int64() == best - aucs.begin());
    CHECK(outcome.details.at("validation_auc").as_double() == *best);
    CHECK(auc_on(data, outcome.validation_scores, data.validation) == *best);
    CHECK(outcome.details.at("stopped_early").as_bool());
    CHECK(aucs.size() == static_cast<std::size_t>(best - aucs.begin()) + 4);
    CHECK(aucs.back() < *best);
}

TEST_CASE("finetuned: a function of its seed on the CPU", "[unit]") {
    const auto data = toy_data(40);
    auto options = quick();
    options.epochs = 3;
    std::vector<Tensor> states, scores;
    for (const std::uint64_t seed : {5, 5, 6}) {
        torch::manual_seed(static_cast<std::uint64_t>(states.size())); // the global generator must not matter
        TinyEncoder encoder;
        scores.push_back(evaluate_finetuned(encoder, data, options, {seed, 32, torch::kCPU}).test_scores);
        states.push_back(all_state(encoder));
    }
    CHECK(states[0].equal(states[1]));
    CHECK(scores[0].equal(scores[1]));
    CHECK_FALSE(states[0].equal(states[2]));
}

TEST_CASE("finetuned: small subsets and awkward batches", "[unit]") {
    auto options = quick();
    options.epochs = 2;
    const auto steps = [&](std::int64_t labelled) {
        TinyEncoder encoder;
        const auto outcome = evaluate_finetuned(encoder, toy_data(labelled), options, {1, 32, torch::kCPU});
        return outcome.details.at("steps_per_epoch").as_int64();
    };
    CHECK(steps(2) == 1);
    CHECK(steps(6) == 1);
    CHECK(steps(17) == 1); // 16 and a single one, which is left out
    CHECK(steps(18) == 2);
    options.min_steps_per_epoch = 5;
    CHECK(steps(6) == 5);
    CHECK(steps(18) == 6); // whole passes
    CHECK_THROWS_AS(steps(1), UserError);
    CHECK_THROWS_AS(steps(0), UserError);
}

TEST_CASE("finetuned: unknown labels teach nothing", "[unit]") {
    auto data = toy_data(40);
    auto options = quick();
    options.epochs = 2;
    auto other = data;
    other.labels = data.labels.clone();
    // In both, the first class is unknown for the labelled images, so its true labels cannot be seen.
    for (auto* one : {&data, &other}) one->labels.narrow(0, 0, 40).select(1, 0).fill_(-1);
    other.labels.narrow(0, 40, 80).fill_(1); // images outside the subset
    TinyEncoder a, b;
    const auto first = evaluate_finetuned(a, data, options, {1, 32, torch::kCPU});
    const auto second = evaluate_finetuned(b, other, options, {1, 32, torch::kCPU});
    CHECK(all_state(a).equal(all_state(b)));
    CHECK(first.test_scores.select(1, 0).std().item<double>() == 0); // never learnt: the prior of nothing, one half
    CHECK(first.test_scores[0][0].item<double>() == Approx(0.5));
}

TEST_CASE("finetuned: without a validation AUC the last epoch counts", "[unit]") {
    auto data = toy_data(40);
    data.validation = {};
    auto options = quick();
    options.epochs = 4;
    options.patience = 1;
    TinyEncoder encoder;
    const auto outcome = evaluate_finetuned(encoder, data, options, {1, 32, torch::kCPU});
    CHECK(outcome.details.at("epochs").as_int64() == 4);
    CHECK(outcome.details.at("best_epoch").as_int64() == 3);
    CHECK(outcome.details.at("validation_auc").is_null());
    CHECK(curve(outcome, "validation_auc").empty());
}

TEST_CASE("finetuned: a loss that diverges is reported", "[unit]") {
    auto options = quick();
    options.learning_rate = 1e30;
    TinyEncoder encoder;
    CHECK_THROWS_AS(evaluate_finetuned(encoder, toy_data(40), options, {1, 32, torch::kCPU}), UserError);
}
