#include "tests/support/catch.h"
#include "tests/support/range.h"
#include "tests/support/temporary.h"
#include "tests/support/toy_evaluation.h"

#include "core/files.h"
#include "experiments/evaluation/finetune.h"
#include "experiments/evaluation/segmentation.h"
#include "methods/weights.h"

#include <functional>
#include <limits>
#include <map>
#include <thread>

using namespace mlvicx;
using torch::Tensor;

namespace fs = std::filesystem;

namespace {

struct Crash {};

/// Ends the process, as it were, at one of its forward passes.
class CrashingEncoder : public TinyEncoder {
public:
    explicit CrashingEncoder(int passes) : left_(passes) {}
    std::vector<Tensor> maps(const Tensor& images) override {
        if (left_-- == 0) throw Crash{};
        return TinyEncoder::maps(images);
    }

private:
    int left_;
};

constexpr int never = std::numeric_limits<int>::max();

OpenDataset toy_data() {
    auto data = toy_evaluation(120);
    data.train.resize(40);
    data.mask_names = {"stripes", "spot"};
    data.masks = (noise({120, 2, 32, 32}, 77) > 0.5).to(torch::kUInt8) * 255;
    return data;
}

template <typename Options> Options quick() {
    Options options;
    options.epochs = 6;
    options.batch_size = 16;
    options.learning_rate = 0.05; // high enough to get worse after the best epoch
    options.patience = 2;
    options.min_steps_per_epoch = 4; // each epoch has two passes
    options.precision = "fp32";
    return options;
}

/// What an evaluation stores, and the weights that it leaves.
struct Outcome {
    std::vector<Tensor> tensors;
    std::string text; ///< details and curves
    bool operator==(const Outcome& other) const {
        return text == other.text &&
               std::equal(tensors.begin(), tensors.end(), other.tensors.begin(), other.tensors.end(),
                          [](const auto& a, const auto& b) { return torch::equal(a, b); });
    }
};

void add(Outcome& outcome, const json::object& details, const std::vector<CurvePoint>& curves, const Encoder& encoder) {
    outcome.text = json::serialize(details);
    for (const auto& point : curves) outcome.text += fmt::format("\n{} {} {:a}", point.epoch, point.name, point.value);
    for (const auto& [name, tensor] : state_of(encoder)) outcome.tensors.push_back(tensor.detach().clone());
}

using Evaluate = std::function<Outcome(Encoder&, const Saving&)>;

Outcome finetuned(Encoder& encoder, const Saving& saving) {
    const auto found =
        evaluate_finetuned(encoder, toy_data(), quick<FinetuneOptions>(), {3, 32, torch::kCPU, {}, saving});
    Outcome outcome{{found.validation_scores, found.test_scores, found.head.weight, found.head.bias}, {}};
    add(outcome, found.details, found.curves, encoder);
    return outcome;
}

Outcome segmented(Encoder& encoder, const Saving& saving, bool frozen) {
    auto options = quick<SegmentationOptions>();
    options.decoder_width = 2;
    const auto found = evaluate_segmentation(encoder, toy_data(), options, frozen, {3, 32, torch::kCPU, {}, saving});
    Outcome outcome;
    for (const auto* counts : {&found.validation, &found.test})
        for (const auto* values : {&counts->intersection, &counts->predicted, &counts->truth})
            outcome.tensors.push_back(torch::tensor(*values));
    outcome.tensors.push_back(torch::tensor(found.thresholds));
    for (const auto& [name, tensor] : state_of(*found.decoder)) outcome.tensors.push_back(tensor.detach().clone());
    add(outcome, found.details, found.curves, encoder);
    return outcome;
}

const std::map<std::string, Evaluate>& evaluations() {
    static const std::map<std::string, Evaluate> all = {
        {"fine-tuning", finetuned},
        {"segmentation", [](Encoder& encoder, const Saving& saving) { return segmented(encoder, saving, false); }},
        {"frozen segmentation",
         [](Encoder& encoder, const Saving& saving) { return segmented(encoder, saving, true); }}};
    return all;
}

} // namespace

TEST_CASE("resuming: a training that ended at any step goes on to the same bits", "[unit]") {
    for (const auto& [name, evaluate] : evaluations()) {
        CrashingEncoder undisturbed(never);
        const auto expected = evaluate(undisturbed, {});
        CHECK(contains(expected.text, "\"stopped_early\":true")); // the best epoch is not the last
        for (const int passes : {1, 2, 5, 6, 9, 14, 17, 23}) {
            INFO(name << ", ended in forward pass " << passes);
            const TempFolder folder;
            const Saving saving{folder / "training.safetensors", "one", 0};
            CrashingEncoder ended(passes), resumed(never);
            CHECK_THROWS_AS(evaluate(ended, saving), Crash);
            CHECK(fs::exists(saving.file));
            CHECK(evaluate(resumed, saving) == expected);
            CHECK(folder.names() == std::vector<std::string>{"training.safetensors"});
        }
    }
}

TEST_CASE("resuming: a training that ends again and again gets to the same bits", "[unit]") {
    for (const auto& [name, evaluate] : evaluations()) {
        INFO(name);
        CrashingEncoder undisturbed(never);
        const auto expected = evaluate(undisturbed, {});
        const TempFolder folder;
        const Saving saving{folder / "training.safetensors", "one", 0};
        int starts = 0;
        for (bool done = false; !done && starts < 100; ++starts) {
            CrashingEncoder encoder(12);
            try {
                const auto found = evaluate(encoder, saving); // not within CHECK, which catches the crash
                CHECK(found == expected);
                done = true;
            } catch (const Crash&) {
            }
        }
        CHECK(starts > 2);
        CHECK(starts < 100);
    }
}

TEST_CASE("resuming: short work writes no checkpoint, and long work seldom enough", "[unit]") {
    const TempFolder folder;
    CrashingEncoder encoder(never);
    finetuned(encoder, {folder / "training.safetensors", "one"});
    CHECK(folder.names().empty());
    CHECK(SavingClock(0).due());
    CHECK_FALSE(SavingClock(60).due());
    SavingClock clock(1e-9);
    CHECK(clock.due());
    clock.save([] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); });
    CHECK_FALSE(clock.due()); // not before a second of work
    CHECK(clock.worked() >= 0.02);
}

TEST_CASE("resuming: a training's checkpoint of another identity, a damaged one and one that does not fit are refused",
          "[unit]") {
    const TempFolder folder;
    const auto file = folder / "training.safetensors";
    CrashingEncoder ended(9);
    CHECK_THROWS_AS(finetuned(ended, {file, "one", 0}), Crash);
    const auto refusal = [&](const std::string& identity) {
        CrashingEncoder encoder(never);
        return message_of([&] { finetuned(encoder, {file, identity, 0}); });
    };
    CHECK(contains(refusal("other"), "checkpoint of another run (identity 'one', expected 'other')"));
    CrashingEncoder encoder(never);
    CHECK(contains(message_of([&] { segmented(encoder, {file, "one", 0}, false); }), "training.safetensors: "));
    const std::string whole = read_text(file);
    write_text(file, whole.substr(0, whole.size() / 2));
    CHECK(contains(refusal("one"), "training.safetensors: "));
    save_tensors(file, {{"features", torch::zeros({1, 16})}},
                 {{"format", "mlvicx-bench checkpoint of features 1"}, {"identity", "one"}, {"step", "1"}});
    CHECK(contains(refusal("one"), "format is 'mlvicx-bench checkpoint of features 1', expected"));
}

TEST_CASE("resuming: weights that have diverged replace no checkpoint", "[unit]") {
    const TempFolder folder;
    const Saving saving{folder / "training.safetensors", "one", 0};
    auto options = quick<FinetuneOptions>();
    options.learning_rate = 1e30;
    TinyEncoder encoder;
    const SupervisedRun run{3, 32, torch::kCPU, {}, saving};
    const auto message = message_of([&] { evaluate_finetuned(encoder, toy_data(), options, run); });
    CHECK(contains(message, "the loss is no longer finite"));
    if (!fs::exists(saving.file)) return;
    const Safetensors saved(saving.file);
    for (const auto& [name, view] : saved.tensors())
        if (name.starts_with("model.") && view.type == DType::f32)
            CHECK(to_tensor(saved, name).isfinite().all().item<bool>());
}

TEST_CASE("resuming: features go on after the images that are done, to the same bits", "[unit]") {
    const auto images = toy_evaluation(200).images;
    const auto all = range(0, 200);
    const Inference inference{32, torch::kCPU, Precision::fp32, 16};
    TinyEncoder encoder;
    const auto expected = extract_features(encoder, images, all, inference);
    for (const int passes : {1, 5, 12}) {
        const TempFolder folder;
        const Saving saving{folder / "features.checkpoint.safetensors", "one", 0};
        CrashingEncoder ended(passes), resumed(13 - passes), again(0);
        CHECK_THROWS_AS(extract_features(ended, images, all, inference, saving), Crash);
        CHECK(torch::equal(extract_features(resumed, images, all, inference, saving), expected)); // no batch too many
        CHECK(torch::equal(extract_features(again, images, all, inference, saving), expected));
    }
}

TEST_CASE("resuming: a checkpoint of other features, or a damaged one, is not used", "[unit]") {
    const auto images = toy_evaluation(100).images;
    const auto all = range(0, 100);
    const Inference inference{32, torch::kCPU, Precision::fp32, 16};
    TinyEncoder encoder, other(90);
    const auto expected = extract_features(encoder, images, all, inference);
    const TempFolder folder;
    const auto file = folder / "features.checkpoint.safetensors";
    const auto identity = [&](const Encoder& of, const Inference& how) { return identity_of_features("abc", of, how); };
    const auto one = identity(encoder, inference);
    CHECK(one == identity(TinyEncoder(), inference)); // by its weights
    CHECK(one != identity(other, inference));
    CHECK(one != identity_of_features("abd", encoder, inference));
    CHECK(one != identity(encoder, {64, torch::kCPU, Precision::fp32}));
    CHECK(one != identity(encoder, {32, torch::kCPU, Precision::bf16}));
    const auto write = [&](const std::string& whose, const Tensor& rows) {
        save_tensors(file, {{"features", rows}},
                     {{"format", "mlvicx-bench checkpoint of features 1"},
                      {"identity", whose},
                      {"step", std::to_string(rows.size(0))}});
    };
    const auto found = [&] { return extract_features(encoder, images, all, inference, {file, one, 60}); };
    write(identity(other, inference), torch::ones({32, 16}));
    CHECK(torch::equal(found(), expected));
    write(one, torch::ones({32, 15}));
    CHECK(torch::equal(found(), expected));
    write(one, torch::ones({32, 16}, torch::kFloat64));
    CHECK(torch::equal(found(), expected));
    write(one, torch::ones({200, 16}));
    CHECK(torch::equal(found(), expected));
    write_text(file, "not a file of tensors");
    CHECK(torch::equal(found(), expected));
}
