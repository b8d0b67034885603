#include "experiments/encoder_table.h"

#include "core/error.h"
#include "methods/resnet.h"
#include "methods/weights.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/weight_names.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {
namespace {

const std::string suffix = "+context", prefix = "context.";

bool has_suffix(const std::string& name) {
    return name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string without_suffix(const std::string& name) {
    return has_suffix(name) ? name.substr(0, name.size() - suffix.size()) : name;
}

bool has_context(const Safetensors& file) {
    const auto& tensors = file.tensors();
    const auto first = tensors.lower_bound(prefix);
    return first != tensors.end() && first->first.rfind(prefix, 0) == 0;
}

/// A file's weights, undamaged as far as it can tell, under torchvision's names.
Safetensors weights_in(const std::filesystem::path& path) {
    const Safetensors file(path);
    verify_digest(file);
    return file.metadata().contains("encoder") ? file : with_torchvision_names(file);
}

std::string name_in(const Safetensors& file) {
    const auto entry = file.metadata().find("encoder");
    if (entry != file.metadata().end()) return entry->second;
    // Only the deep ones have a third convolution in a block.
    return std::string(file.contains("layer1.0.conv3.weight") ? "resnet50" : "resnet18") +
           (has_context(file) ? suffix : "");
}

void load(Encoder& encoder, const Safetensors& file) {
    std::vector<std::string> ignored{"fc."};
    if (has_suffix(encoder.name()) != has_context(file)) ignored.push_back(prefix);
    load_state(encoder, file, ignored);
}

} // namespace

std::shared_ptr<Encoder> make_encoder(const std::string& name) {
    const auto backbone = without_suffix(name);
    if (backbone != "resnet18" && backbone != "resnet50")
        user_error("unknown encoder \"{}\": expected resnet18, resnet50, resnet18+context or resnet50+context", name);
    if (has_suffix(name)) return std::make_shared<ContextEncoder>(backbone);
    return std::make_shared<ResNet>(backbone);
}

void save_encoder(const std::filesystem::path& file, const Encoder& encoder,
                  std::map<std::string, std::string> metadata) {
    metadata["encoder"] = encoder.name();
    const auto state = state_of(encoder);
    metadata[digest_key] = digest_of(state);
    save_tensors(file, state, metadata);
}

std::shared_ptr<Encoder> load_encoder(const std::filesystem::path& path) {
    const Safetensors file = weights_in(path);
    const auto name = name_in(file);
    const auto backbone = without_suffix(name);
    if (backbone != "resnet18" && backbone != "resnet50")
        user_error("{}: unknown encoder \"{}\" in its metadata", path.string(), name);
    auto encoder = make_encoder(name);
    load_state(*encoder, file, {"fc."});
    return encoder;
}

void load_encoder_weights(Encoder& encoder, const std::filesystem::path& file) {
    load(encoder, weights_in(file));
}

std::shared_ptr<Encoder> backbone_of(const Encoder& encoder) {
    auto backbone = std::make_shared<ResNet>(without_suffix(encoder.name()));
    std::map<std::string, torch::Tensor> source;
    for (const auto& [name, tensor] : state_of(encoder)) source.emplace(name, tensor);
    torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : state_of(*backbone)) tensor.copy_(source.at(name));
    return backbone;
}

} // namespace mlvicx
