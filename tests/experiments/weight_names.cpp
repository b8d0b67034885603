#include "methods/weight_names.h"

#include "experiments/encoder_table.h"
#include "methods/resnet.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <torch/torch.h>

#include <fstream>
#include <functional>
#include <limits>

using namespace mlvicx;

namespace {

/// A file with these names; each tensor is one number, its index in the list.
std::filesystem::path file_with(const TempFolder& folder, const std::vector<std::string>& names) {
    NamedTensors tensors;
    for (const auto& name : names) tensors.emplace_back(name, torch::full({1}, static_cast<double>(tensors.size())));
    const auto file = folder / "w.safetensors";
    save_tensors(file, tensors, {});
    return file;
}

std::vector<std::string> names_of(const Safetensors& file) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : file.tensors()) names.push_back(name);
    return names;
}

/// A file with a ResNet-18 whose tensors are changed.
std::filesystem::path resnet_file(const TempFolder& folder,
                                  const std::function<void(std::string& name, torch::Tensor& value)>& change) {
    const ResNet source("resnet18");
    NamedTensors state;
    for (auto [name, value] : state_of(source)) {
        value = value.detach().clone();
        change(name, value);
        state.emplace_back(name, value);
    }
    const auto file = folder / "w.safetensors";
    save_tensors(file, state, {});
    return file;
}

} // namespace

TEST_CASE("weight names: one prefix is removed, and tensors without it are left out", "[unit]") {
    const std::vector<std::string> torchvision = {"bn1.weight", "conv1.weight", "layer1.0.conv2.weight"};
    for (const std::string prefix : {"", "module.", "backbone.", "model.encoder.", "module.encoder_q."}) {
        const TempFolder folder;
        std::vector<std::string> names;
        for (const auto& name : torchvision) names.push_back(prefix + name);
        if (!prefix.empty()) names.insert(names.end(), {"queue", "projector.0.weight"});
        const auto file = with_torchvision_names(Safetensors(file_with(folder, names)));
        CHECK(names_of(file) == torchvision);
        CHECK(to_tensor(file, "layer1.0.conv2.weight").item<float>() == 2);
    }
}

TEST_CASE("weight names: a moving average of the network is skipped, numbers become torchvision's names", "[unit]") {
    const TempFolder folder;
    for (const auto& [trained, average] : {std::pair("module.encoder_q.", "module.encoder_k."),
                                           {"backbone.", "momentum_backbone."},
                                           {"online.encoder.", "target.encoder."},
                                           {"backbone.", "backbone_momentum."}}) {
        std::vector<std::string> names;
        for (const std::string prefix : {average, trained})
            for (const char* name : {"conv1.weight", "layer1.0.conv2.weight"}) names.push_back(prefix + name);
        const auto file = with_torchvision_names(Safetensors(file_with(folder, names)));
        CHECK(to_tensor(file, "conv1.weight").item<float>() == 2);
        CHECK(file.tensors().size() == 2);
    }
    // torchvision.models.resnet18().children(): conv1, bn1, relu, maxpool, layer1 to layer4, avgpool, fc.
    const auto file = with_torchvision_names(Safetensors(
        file_with(folder, {"b.0.weight", "b.1.bias", "b.4.0.conv2.weight", "b.7.1.bn2.running_var", "b.9.bias"})));
    CHECK(names_of(file) == std::vector<std::string>{"bn1.bias", "conv1.weight", "fc.bias", "layer1.0.conv2.weight",
                                                     "layer4.1.bn2.running_var"});
}

TEST_CASE("weight names: if none or several match, the names are shown", "[unit]") {
    const TempFolder folder;
    const auto refusal = [&](const std::vector<std::string>& names) {
        const auto file = file_with(folder, names);
        return message_of([&] { with_torchvision_names(Safetensors(file)); });
    };
    const auto none = refusal({"resnet.embedder.weight", "resnet.encoder.stages.0.weight"});
    CHECK(contains(none, "w.safetensors: no ResNet with torchvision's names: the 2 tensors are "
                         "resnet.embedder.weight, resnet.encoder.stages.0.weight; expected conv1.weight"));
    CHECK(contains(refusal({"fc.bias", "fc.weight"}), "the 2 tensors are fc.bias, fc.weight"));
    const auto two =
        refusal({"a.conv1.weight", "a.layer1.0.conv2.weight", "b.conv1.weight", "b.layer1.0.conv2.weight"});
    CHECK(contains(two, "has 2 ResNets, with the prefixes \"a.\" and \"b.\"; expected one"));
    // A name that merely ends the same is not a ResNet.
    CHECK(contains(refusal({"myconv1.weight", "mylayer1.0.conv2.weight"}), "no ResNet"));
}

TEST_CASE("weight names: a prefixed ResNet loads like a plain one", "[unit]") {
    const TempFolder folder;
    torch::Tensor first;
    const auto file = resnet_file(folder, [&](std::string& name, torch::Tensor& value) {
        if (name == "conv1.weight") first = value;
        name = "module.encoder_q." + name;
    });
    CHECK(load_encoder(file)->name() == "resnet18");
    const auto target = make_encoder("resnet18+context");
    load_encoder_weights(*target, file);
    CHECK(torch::equal(target->named_parameters()["conv1.weight"], first));
}

TEST_CASE("weights: values that no sound weights have are named by file and tensor, and nothing is loaded", "[unit]") {
    const TempFolder folder;
    struct Case {
        const char *name, *says;
        double value;
    };
    for (const auto& c :
         {Case{"layer2.0.conv1.weight", "has 1 value that no weights have (the first is nan, at element 3)",
               std::numeric_limits<double>::quiet_NaN()},
          {"bn1.running_mean", "no weights have (the first is -inf", -std::numeric_limits<double>::infinity()},
          {"layer4.1.bn2.running_var",
           "no variance has (the first is -0.5, at element 3); expected finite values from 0", -0.5}}) {
        const auto file = resnet_file(folder, [&](std::string& name, torch::Tensor& value) {
            if (name == c.name) value.view(-1)[3] = c.value;
        });
        const auto encoder = make_encoder("resnet18");
        const auto before = encoder->named_parameters()["conv1.weight"].clone();
        const auto message = message_of([&] { load_encoder_weights(*encoder, file); });
        INFO(message);
        CHECK(contains(message, std::string("w.safetensors: tensor ") + c.name + " ["));
        CHECK(contains(message, c.says));
        CHECK(torch::equal(encoder->named_parameters()["conv1.weight"], before));
    }
}

TEST_CASE("weights: an encoder carries a digest, and one that was changed is refused", "[unit]") {
    const TempFolder folder;
    const auto path = folder / "e.safetensors";
    save_encoder(path, ResNet("resnet18"), {{"hash", "1"}});
    {
        const Safetensors file(path);
        CHECK(file.meta(digest_key) == digest_of(file.tensors()));
    }
    load_encoder(path);
    const auto size = std::filesystem::file_size(path);
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(size / 2));
        file.put('\x5a').put('\x5a');
    }
    CHECK(contains(message_of([&] { load_encoder(path); }), "the file was changed or is damaged"));
    CHECK(contains(message_of([&] { load_encoder_weights(*make_encoder("resnet18"), path); }), "e.safetensors"));
}
