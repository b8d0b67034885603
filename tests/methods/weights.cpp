#include "methods/weights.h"

#include "core/error.h"
#include "methods/resnet.h"
#include "tests/support/catch.h"
#include "tests/support/named_tensors.h"
#include "tests/support/temporary.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

NamedTensors with(NamedTensors state, const std::string& name, const torch::Tensor& value) {
    for (auto& entry : state)
        if (entry.first == name) {
            entry.second = value;
            return state;
        }
    state.emplace_back(name, value);
    return state;
}

} // namespace

TEST_CASE("weights: tensors of every type come back bit by bit", "[unit]") {
    const TempFolder folder;
    const auto values = torch::randn({3, 5}) * 10;
    NamedTensors tensors;
    for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16, torch::kInt64,
                            torch::kInt32, torch::kInt8, torch::kBool})
        tensors.emplace_back(toString(type), values.to(type));
    tensors.emplace_back("bytes", values.abs().to(torch::kUInt8));
    tensors.emplace_back("transposed", values.t());
    tensors.emplace_back("scalar", torch::tensor(7.5));
    save_tensors(folder / "a.safetensors", tensors, {{"key", "a \"quoted\"\nvalue"}});

    NamedTensors read;
    {
        const Safetensors file(folder / "a.safetensors");
        CHECK(file.meta("key") == "a \"quoted\"\nvalue");
        REQUIRE(file.tensors().size() == tensors.size());
        for (const auto& [name, tensor] : tensors) read.emplace_back(name, to_tensor(file, name));
    } // the tensors keep the mapping alive
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        CHECK(read[i].second.scalar_type() == tensors[i].second.scalar_type());
        CHECK(torch::equal(read[i].second, tensors[i].second));
    }
}

TEST_CASE("weights: half-precision files are converted", "[unit]") {
    const TempFolder folder;
    const ResNet source("resnet18");
    auto state = state_of(source);
    for (auto& entry : state)
        if (entry.second.is_floating_point()) entry.second = entry.second.to(torch::kFloat16);
    save_tensors(folder / "a.safetensors", state, {});
    ResNet target("resnet18");
    load_state(target, Safetensors(folder / "a.safetensors"));
    const auto weight = target.named_parameters()["conv1.weight"];
    CHECK(weight.scalar_type() == torch::kFloat32);
    CHECK(torch::equal(weight, source.named_parameters()["conv1.weight"].to(torch::kFloat16).to(torch::kFloat32)));
}

TEST_CASE("weights: a mismatch lists both sides and leaves the network unchanged", "[unit]") {
    const TempFolder folder;
    ResNet source("resnet18");
    auto state = without(state_of(source), "layer3.0.conv1.weight");
    state = without(state, "bn1.running_mean");
    state = with(state, "classifier.weight", torch::rand({3, 4}));
    state = with(state, "extra", torch::rand({2}));
    state = with(state, "conv1.weight", torch::rand({64, 1, 7, 7}));
    state = with(state, "bn1.bias", torch::rand({32}));
    state = with(state, "bn1.weight", torch::ones({64}, torch::kInt32));
    save_tensors(folder / "a.safetensors", state, {});

    ResNet target("resnet18"), before("resnet18");
    copy_state(target, before);
    const auto text = message_of([&] { load_state(target, Safetensors(folder / "a.safetensors"), {"fc."}); });
    CHECK(contains(text, "a.safetensors"));
    CHECK(contains(text, "missing layer3.0.conv1.weight [256, 128, 3, 3], bn1.running_mean [64];"));
    CHECK(contains(text, "unexpected classifier.weight [3, 4], extra [2];"));
    CHECK(contains(text, "conv1.weight is [64, 1, 7, 7] in the file, [64, 3, 7, 7] expected"));
    CHECK(contains(text, "bn1.bias is [32] in the file, [64] expected"));
    CHECK(contains(text, "bn1.weight is of type I32 in the file, F32 expected"));
    CHECK(equal_state(target, before));
}

TEST_CASE("weights: copy_state copies values and shares nothing", "[unit]") {
    const ResNet source("resnet18");
    ResNet target("resnet18");
    copy_state(source, target);
    CHECK(equal_state(source, target));
    torch::NoGradGuard no_grad;
    target.named_parameters()["conv1.weight"].add_(1);
    CHECK_FALSE(equal_state(source, target));
}
