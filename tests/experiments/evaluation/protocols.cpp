#include "tests/support/catch.h"
#include "tests/support/tiny_encoder.h"

#include "core/error.h"
#include "experiments/encoder_table.h"
#include "experiments/evaluation/finetune.h"
#include "experiments/runner/job_identity.h"

#include <algorithm>
#include <map>
#include <set>

using namespace mlvicx;
using torch::Tensor;

namespace {

OpenDataset toy_data(std::int64_t images) {
    const ToyImages toy(images);
    OpenDataset data;
    data.images = toy.images;
    data.labels = toy.labels;
    data.classes = {"stripes", "spot"};
    for (std::int64_t i = 0; i < images; ++i)
        (i < images / 2 ? data.train : i < 3 * images / 4 ? data.validation : data.test).push_back(i);
    return data;
}

/// Parameters and buffers by name, copied.
std::map<std::string, Tensor> state_of_encoder(const Encoder& encoder) {
    std::map<std::string, Tensor> state;
    for (const auto& item : encoder.named_parameters()) state[item.key()] = item.value().detach().clone();
    for (const auto& item : encoder.named_buffers()) state[item.key()] = item.value().clone();
    return state;
}

/// Names of the tensors that differ between two states.
std::vector<std::string> changed(const std::map<std::string, Tensor>& before, const Encoder& encoder) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : state_of_encoder(encoder))
        if (!tensor.equal(before.at(name))) names.push_back(name);
    return names;
}

bool starts_with_one_of(const std::string& name, const std::vector<std::string>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& p) { return name.rfind(p, 0) == 0; });
}

std::vector<double> rates(const EvaluationOutcome& outcome) {
    std::vector<double> values;
    for (const auto& point : outcome.curves)
        if (point.name == "learning_rate") values.push_back(point.value);
    return values;
}

json::object config_of(const std::string& protocol) {
    PlanEvaluation options;
    options.precision = "fp32";
    for (const char* name : {"finetuned", "partial"}) options.of<FinetuneOptions>(name).precision = "fp32";
    JobKey key;
    key.protocol = protocol;
    key.fraction = 0.1;
    key.seed = 3;
    return evaluate_config(options, key, {"resnet18", "weights", "fingerprint"}, torch::kCPU);
}

} // namespace

TEST_CASE("partial: the last stage learns, everything before it keeps every bit", "[unit]") {
    auto options = partial_options();
    options.epochs = 2;
    options.batch_size = 8;
    options.precision = "fp32";
    for (const char* name : {"resnet18", "resnet18+context"}) {
        torch::manual_seed(3);
        const auto encoder = make_encoder(name);
        const auto before = state_of_encoder(*encoder);
        evaluate_finetuned(*encoder, toy_data(32), options, {1, 32, torch::kCPU});
        const auto names = changed(before, *encoder);
        const std::vector<std::string> last = {"layer4.", "context.4."};
        std::size_t all = 0;
        for (const auto& [parameter, unused] : before) all += starts_with_one_of(parameter, last);
        CHECK(names.size() == all); // running statistics and their count included
        for (const auto& parameter : names) {
            INFO(name << ": " << parameter);
            CHECK(starts_with_one_of(parameter, last));
        }
        CHECK(std::any_of(names.begin(), names.end(), [](auto& n) { return n.rfind("context.4.", 0) == 0; }) ==
              (std::string(name) != "resnet18"));
        CHECK_FALSE(encoder->is_training());
    }
}

TEST_CASE("partial: learns, and whole fine-tuning after it trains everything again", "[unit]") {
    const auto data = toy_data(240);
    TinyEncoder encoder;
    auto options = partial_options();
    options.epochs = 12;
    options.batch_size = 16;
    options.learning_rate = 0.01;
    options.precision = "fp32";
    const auto first = encoder.named_parameters()["first.weight"].detach().clone();
    const auto outcome = evaluate_finetuned(encoder, data, options, {1, 32, torch::kCPU});
    CHECK(*auc_of(outcome.test_scores, rows_of(data.labels, data.test), data.classes).mean > 0.85);
    CHECK(encoder.named_parameters()["first.weight"].equal(first));
    options.learns = "everything";
    options.epochs = 1;
    evaluate_finetuned(encoder, data, options, {1, 32, torch::kCPU});
    CHECK_FALSE(encoder.named_parameters()["first.weight"].equal(first));
}

TEST_CASE("as released: the encoder of the frozen protocol keeps every bit, its layer learns", "[unit]") {
    const auto data = toy_data(240);
    TinyEncoder encoder;
    encoder.train();
    const auto before = state_of_encoder(encoder);
    auto options = released_options(true);
    options.epochs = 25;
    options.batch_size = 8;
    options.patience = 25;
    options.learning_rate = 0.05;
    const auto outcome = evaluate_finetuned(encoder, data, options, {1, 32, torch::kCPU});
    CHECK(changed(before, encoder).empty()); // in the release, running statistics drift
    CHECK(*auc_of(outcome.test_scores, rows_of(data.labels, data.test), data.classes).mean > 0.8);
    const auto found = rates(outcome);
    REQUIRE(found.size() == 25);
    CHECK(found[0] == 0.05);
    CHECK(found[5] == Approx((0.05 + 1e-6) / 2));
    CHECK(found[9] < found[5]);
    CHECK(found[10] == 0.05); // restarted
    CHECK(found[20] == Approx((0.05 + 1e-6) / 2));
}

TEST_CASE("as released: the options are the release's", "[unit]") {
    for (const bool frozen : {true, false}) {
        const auto o = released_options(frozen);
        CHECK(o.learning_rate == (frozen ? 3e-3 : 3e-4));
        CHECK(o.learns == (frozen ? "nothing" : "everything"));
        CHECK(o.batch_size == 128);
        CHECK(o.epochs == 300);
        CHECK(o.patience == 10);
        CHECK(o.weight_decay == 0);
        CHECK(o.clip == 1);
        CHECK(o.schedule == "restarts");
        CHECK(o.restart_epochs == 10);
        CHECK(o.restart_factor == 2);
        CHECK(o.lowest_rate == 1e-6);
        CHECK(o.crop_low == 1); // the whole image
        CHECK(o.flip == 0.5);
        CHECK(o.jitter == 0);
        CHECK(o.precision == "fp32");
    }
}

TEST_CASE("finetuned: the gradient's norm is cut to the clip, over all that learns", "[unit]") {
    // An AdamW step moves a weight by about the rate whatever the gradient's size, but hardly at all if the gradient is
    // far below epsilon. So a clip far below epsilon must hold the network still, and one above any norm must change
    // nothing.
    const auto data = toy_data(40);
    auto options = released_options(false);
    options.epochs = 1;
    options.batch_size = 4; // five steps; the first moves only the head, which starts from zero
    std::map<double, std::map<std::string, Tensor>> after;
    const auto before = state_of_encoder(TinyEncoder());
    for (const double clip : {0.0, 1e6, 1e-12}) {
        TinyEncoder encoder;
        options.clip = clip;
        evaluate_finetuned(encoder, data, options, {1, 32, torch::kCPU});
        after[clip] = state_of_encoder(encoder);
    }
    const auto moved = [&](double clip) {
        return (after.at(clip).at("second.weight") - before.at("second.weight")).abs().max().item<double>();
    };
    CHECK(after.at(1e6).at("second.weight").equal(after.at(0).at("second.weight")));
    CHECK(moved(0) > 2e-4);
    CHECK(moved(1e-12) < 1e-6);
}

TEST_CASE("protocols: the identity of frozen and fine-tuned jobs is what it was before there were others", "[unit]") {
    const auto keys = [](const json::object& object) {
        std::vector<std::string> names;
        for (const auto& item : object) names.emplace_back(item.key());
        std::sort(names.begin(), names.end());
        return names;
    };
    // A different set of keys would run every job of every old results file again.
    CHECK(keys(config_of("finetuned").at("options").as_object()) ==
          std::vector<std::string>{"batch_size", "crop_low", "epochs", "flip", "jitter", "learning_rate",
                                   "min_steps_per_epoch", "patience", "precision", "warmup_epochs", "weight_decay"});
    CHECK(keys(config_of("frozen").at("options").as_object()) == std::vector<std::string>{"iterations", "l2"});
    for (const char* protocol : {"frozen", "finetuned"}) {
        auto expected = std::vector<std::string>{"dataset", "encoder",  "fraction",       "image_size", "kind",
                                                 "options", "protocol", "result_version", "seed",       "weights"};
        if (std::string(protocol) == "frozen") expected.insert(expected.begin() + 6, "precision");
        CHECK(keys(config_of(protocol)) == expected);
    }
}

TEST_CASE("protocols: a job's configuration contains all that determines it", "[unit]") {
    CHECK(config_of("partial").at("learns") == "last_stage");
    CHECK(config_of("frozen_as_released").at("learns") == "nothing");
    const auto released = config_of("finetuned_as_released");
    CHECK(released.at("learns") == "everything");
    for (const char* key : {"clip", "schedule", "restart_epochs", "restart_factor", "lowest_rate", "weight_decay"})
        CHECK(released.at("options").as_object().contains(key));
    CHECK(config_of("knn").at("options").as_object().contains("temperature"));
    CHECK(config_of("knn").at("precision") == "fp32");
    std::set<std::string> hashes;
    for (const auto& protocol : protocol_names()) hashes.insert(hash_of(config_of(protocol)));
    CHECK(hashes.size() == protocol_names().size());
}
