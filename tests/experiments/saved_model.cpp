#include "experiments/saved_model.h"
#include "core/json.h"
#include "core/safetensors.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/datasets_support.h"
#include "tests/support/saved_classifier.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// The model's file with other tensors or metadata, with a right digest.
fs::path changed(const TempFolder& folder, const std::function<void(NamedTensors&, json::object&)>& change,
                 const std::string& digest = "") {
    const Safetensors file(nih() / "model.safetensors");
    NamedTensors tensors;
    for (const auto& [name, view] : file.tensors()) tensors.emplace_back(name, to_tensor(file, name).clone());
    auto metadata = file.metadata();
    json::object model = json::parse(metadata.at("model")).as_object();
    change(tensors, model);
    metadata["model"] = json::serialize(model);
    metadata[digest_key] = digest.empty() ? digest_of(tensors) : digest;
    static int number = 0;
    const auto out = folder / fmt::format("changed{}.safetensors", number++);
    save_tensors(out, tensors, metadata);
    return out;
}

std::string refused(const TempFolder& folder, const fs::path& model) {
    const Ran ran = run_bench(folder, {"predict", "--model", model.string(), "--out", "no.csv", "none.png"});
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(folder / "no.csv"));
    return ran.err;
}

} // namespace

TEST_CASE("saved_model: a model file from a stranger is checked, and refused by one sentence", "[unit]") {
    const TempFolder folder;
    const auto none = [](NamedTensors&, json::object&) {};
    const auto tensor_of = [](NamedTensors& tensors, const std::string& name) -> torch::Tensor& {
        for (auto& [known, tensor] : tensors)
            if (known == name) return tensor;
        throw std::logic_error(name);
    };
    put(folder / "text.safetensors", "a text");
    CHECK(contains(refused(folder, folder / "text.safetensors"), "text.safetensors: "));
    CHECK(contains(refused(folder, nih() / "data.safetensors"),
                   "is not a model that evaluate --save wrote: its format is \"mlvicx-bench prepared 1\""));
    CHECK(contains(refused(folder, changed(folder, none, std::string(64, '0'))), "its tensors have the digest"));
    CHECK(
        contains(refused(folder, changed(folder, [](auto& tensors, auto&) { tensors.pop_back(); })), "missing head."));
    const auto with_tensors = [&](const std::function<void(NamedTensors&)>& change) {
        return refused(folder, changed(folder, [&](NamedTensors& tensors, json::object&) { change(tensors); }));
    };
    const auto narrow = [&](NamedTensors& tensors) { tensor_of(tensors, "head.weight") = torch::zeros({14, 64}); };
    CHECK(contains(with_tensors(narrow), "head.weight is [14, 64] in the file, [14, 512] expected"));
    const auto spoil = [&](NamedTensors& tensors) { tensor_of(tensors, "encoder.conv1.weight").fill_(std::nan("")); };
    CHECK(contains(with_tensors(spoil), "expected finite values"));
    const auto add = [](NamedTensors& tensors) { tensors.emplace_back("script", torch::zeros({1})); };
    CHECK(contains(with_tensors(add), "unexpected script [1]"));
    const auto with = [&](const std::function<void(json::object&)>& change) {
        return refused(folder, changed(folder, [&](auto&, json::object& model) { change(model); }));
    };
    CHECK(contains(with([](json::object& m) { m.erase("input"); }), "the key $.input is missing"));
    CHECK(contains(with([](json::object& m) { m["input"].as_object().erase("window"); }),
                   "the key $.input.window is missing"));
    CHECK(contains(with([](json::object& m) { m["input"].as_object()["prepared_size"] = 1'000'000; }),
                   "$.input.prepared_size is 1000000, expected at least 8 and at most 4096"));
    CHECK(contains(with([](json::object& m) { m["code"] = "import os"; }), "$.code: unknown key"));
    CHECK(contains(with([](json::object& m) { m["classes"] = json::array{"Mass", "Mass"}; }), "$.thresholds."));
    CHECK(contains(with([](json::object& m) { m["classes"] = json::array{}; }), "$.thresholds."));
    CHECK(contains(with([](json::object& m) { m["notice"] = "safe"; }), "$.notice is \"safe\""));
    CHECK(contains(with([](json::object& m) { m["encoder"].as_object()["network"] = "vit"; }),
                   "$.encoder.network is \"vit\", which is not a network of this release"));
}

TEST_CASE("saved_model: what leaves no classifier of images cannot be saved", "[unit]") {
    const TempFolder folder;
    const auto refusal = [&](const std::vector<std::string>& arguments, const fs::path& data) {
        std::vector<std::string> all = {"evaluate", "--data", data.string(), "--save", "no.safetensors"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Ran ran = run_bench(folder, all);
        CHECK(ran.status == 2);
        CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
        CHECK_FALSE(fs::exists(folder / "no.safetensors"));
        return ran.err;
    };
    const auto data = nih() / "data.safetensors";
    CHECK(contains(refusal({"--encoder", "random", "--protocol", "knn"}, data),
                   "--save: the protocol knn has no linear head"));
    CHECK(contains(refusal({"--encoder", "metadata"}, data), "metadata has no encoder"));
    CHECK(contains(refusal({"--encoder", "shuffled"}, data), "a control whose labels are permuted"));
    CHECK(contains(refusal({"--features", "f.safetensors"}, data), "f.safetensors has no encoder"));
    // As an earlier release prepared it.
    const Safetensors file(data);
    auto metadata = file.metadata();
    json::object provenance = json::parse(metadata.at("provenance")).as_object();
    provenance.at("prepared").as_object().erase("window");
    metadata["provenance"] = json::serialize(provenance);
    std::vector<TensorInfo> infos;
    for (const auto& [name, view] : file.tensors()) infos.push_back(view);
    SafetensorsWriter writer(folder / "old.safetensors", infos);
    for (const auto& [name, view] : file.tensors()) writer.write(name, 0, view.data);
    writer.commit(metadata);
    CHECK(contains(refusal({"--encoder", "random"}, folder / "old.safetensors"), "does not record the window"));
}
