#include "experiments/saved_model.h"

#include "core/error.h"
#include "experiments/encoder_table.h"
#include "methods/weights.h"
#include "results/metrics/classification.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr const char* model_format = "mlvicx-bench model 1";
constexpr double specificity = 0.9;

/// The layer after the encoder, under its names in the file.
struct HeadModule : torch::nn::Module {
    explicit HeadModule(const TrainedHead& head) {
        register_parameter("weight", head.weight, false);
        register_parameter("bias", head.bias, false);
        if (!head.mean.defined()) return;
        register_buffer("mean", head.mean);
        register_buffer("scale", head.scale);
    }
};

/// A class of which the labelled images show one value scores its prior, 0 or 1, from an infinite bias. A file holds no
/// infinity: the sigmoid of 200 is 1 in float32, and of -200 it is 0.
torch::Tensor finite(const torch::Tensor& bias) {
    return torch::where(bias.isinf(), bias.sign() * 200, bias);
}

/// Encoder and head as one module; it shares their weights.
std::shared_ptr<torch::nn::Module> joined(const std::shared_ptr<Encoder>& encoder, const TrainedHead& head) {
    auto whole = std::make_shared<torch::nn::Module>();
    whole->register_module("encoder", encoder);
    whole->register_module("head", std::make_shared<HeadModule>(head));
    return whole;
}

/// The path of a key that `found` lacks; empty if it has all.
std::string missing_key(const json::object& expected, const json::object& found, const std::string& path) {
    for (const auto& item : expected) {
        const std::string key = path + "." + std::string(item.key());
        const auto* value = found.if_contains(item.key());
        if (value == nullptr) return key;
        if (!item.value().is_object() || !value->is_object()) continue;
        if (auto inner = missing_key(item.value().get_object(), value->get_object(), key); !inner.empty()) return inner;
    }
    return {};
}

void require_classes(const std::vector<std::string>& classes, const fs::path& file) {
    if (classes.empty()) user_error("{}: $.classes is empty, expected at least one class", file.string());
    std::set<std::string> known;
    for (const auto& name : classes)
        if (name.empty() || !known.insert(name).second)
            user_error("{}: $.classes has {}, expected distinct names", file.string(),
                       name.empty() ? "an empty name" : fmt::format("\"{}\" twice", name));
}

ModelFacts facts_in(const Safetensors& file) {
    const std::string name = file.file().string();
    const auto format = file.metadata().find("format");
    if (format == file.metadata().end() || format->second != model_format)
        user_error("{}: is not a model that evaluate --save wrote: its format is \"{}\", expected \"{}\"", name,
                   format == file.metadata().end() ? "" : format->second, model_format);
    boost::system::error_code failed;
    const json::value found = json::parse(file.meta("model"), failed);
    if (failed) user_error("{}: its metadata entry \"model\" is not JSON: {}", name, failed.message());
    ModelFacts facts;
    overlay(found, name, "$", [&](Fields& f) { fields(f, facts); });
    require_classes(facts.classes, file.file());
    const auto expected = resolved([&](Fields& f) { fields(f, facts); });
    if (const auto key = missing_key(expected, found.get_object(), "$"); !key.empty())
        user_error("{}: the key {} is missing; expected a model as evaluate --save writes it", name, key);
    return facts;
}

} // namespace

void fields(Fields& f, ModelFacts& facts) {
    std::string notice = not_for_clinical_use, rule = "highest sensitivity at a specificity of 90 % or more";
    f.field("notice", notice, {not_for_clinical_use});
    f.field("classes", facts.classes);
    f.field("threshold_rule", rule);
    facts.thresholds.resize(facts.classes.size());
    f.group("thresholds", [&](Fields& all) {
        for (std::size_t c = 0; c < facts.classes.size(); ++c)
            all.optional_group(facts.classes[c].c_str(), facts.thresholds[c].known, [&](Fields& own) {
                ClassThreshold& of = facts.thresholds[c];
                own.field("threshold", of.threshold, between(0, 1));
                own.field("sensitivity", of.sensitivity, between(0, 1));
                own.field("specificity", of.specificity, between(0, 1));
                own.field("positives", of.positives, at_least(0));
                own.field("negatives", of.negatives, at_least(0));
            });
    });
    f.group("input", [&](Fields& input) {
        input.field("prepared_size", facts.prepared_size, between(8, 4096));
        input.field("window", facts.window, {"auto", "full", "file"});
        input.field("image_size", facts.image_size, between(16, 4096));
        input.field("precision", facts.precision, {"fp32", "bf16"});
    });
    f.group("encoder", [&](Fields& encoder) {
        encoder.field("network", facts.network);
        encoder.field("name", facts.encoder);
        encoder.field("digest", facts.encoder_digest);
    });
    f.group("evaluation", [&](Fields& evaluation) {
        evaluation.field("dataset", facts.dataset);
        evaluation.field("fingerprint", facts.fingerprint);
        evaluation.field("train_images", facts.train_images, at_least(1));
        evaluation.field("chosen_on", facts.chosen_on, {"validation", "test"});
        evaluation.field("protocol", facts.protocol);
        evaluation.field("fraction", facts.fraction, above(0));
        evaluation.field("draw", facts.draw, at_least(0));
        evaluation.field("seed", facts.seed, at_least(0));
        evaluation.field("hash", facts.evaluation);
    });
    f.group("written_by", [&](Fields& writer) {
        writer.field("suite_version", facts.suite_version);
        writer.field("git_commit", facts.commit);
        writer.field("device", facts.device);
    });
}

std::vector<ClassThreshold> thresholds_of(const torch::Tensor& scores, const torch::Tensor& labels) {
    std::vector<ClassThreshold> thresholds;
    for (std::int64_t c = 0; c < labels.size(1); ++c) {
        const auto s = scores.select(1, c).to(torch::kCPU, torch::kFloat32).contiguous();
        const auto l = labels.select(1, c).to(torch::kCPU, torch::kInt8).contiguous();
        const std::span of(s.data_ptr<float>(), static_cast<std::size_t>(s.numel()));
        const std::span known(l.data_ptr<std::int8_t>(), static_cast<std::size_t>(l.numel()));
        const auto best = operating_point(specificity, of, known);
        ClassThreshold own;
        own.known = best && std::isfinite(best->threshold);
        if (own.known)
            own = {true,
                   best->threshold,
                   best->sensitivity,
                   best->specificity,
                   (l == 1).sum().item<std::int64_t>(),
                   (l == 0).sum().item<std::int64_t>()};
        thresholds.push_back(own);
    }
    return thresholds;
}

void SavedModel::move_to(const torch::Device& device) {
    encoder->to(device);
    for (auto* tensor : {&head.weight, &head.bias, &head.mean, &head.scale})
        if (tensor->defined()) *tensor = tensor->to(device);
}

void save_model(const fs::path& file, const SavedModel& model) {
    TrainedHead head = model.head;
    head.bias = finite(head.bias.detach());
    const auto state = state_of(*joined(model.encoder, head));
    ModelFacts facts = model.facts;
    const auto text = canonical(resolved([&](Fields& f) { fields(f, facts); }));
    save_tensors(file, state, {{"format", model_format}, {"model", text}, {digest_key, digest_of(state)}});
}

SavedModel load_model(const fs::path& path) {
    const Safetensors file(path);
    SavedModel model;
    model.facts = facts_in(file);
    const auto& table = encoder_table();
    if (std::none_of(table.begin(), table.end(), [&](const auto& row) { return row.name == model.facts.network; }))
        user_error("{}: $.encoder.network is \"{}\", which is not a network of this release", path.string(),
                   model.facts.network);
    if (file.meta(digest_key).empty()) user_error("{}: its digest is empty, expected one", path.string());
    verify_digest(file);
    model.encoder = make_encoder(model.facts.network);
    const auto classes = std::ssize(model.facts.classes), features = model.encoder->features();
    model.head = {torch::zeros({classes, features}), torch::zeros({classes}), {}, {}};
    if (file.contains("head.mean") || file.contains("head.scale")) {
        model.head.mean = torch::zeros({features});
        model.head.scale = torch::zeros({features});
    }
    load_state(*joined(model.encoder, model.head), file);
    model.encoder->eval();
    return model;
}

} // namespace mlvicx
