#include "experiments/encoder_table.h"

#include "core/error.h"
#include "methods/resnet.h"
#include "methods/weight_names.h"
#include "methods/weights.h"
#include "mlvicx/context_encoder.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {
namespace {

const std::string context_prefix = "context.";

template <typename Net, auto... arguments> std::shared_ptr<Encoder> make(const std::string& backbone) {
    return std::make_shared<Net>(backbone, arguments...);
}

/// Null if the table lacks the name.
const EncoderEntry* find(const std::string& name) {
    const auto& table = encoder_table();
    const auto entry = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
    return entry == table.end() ? nullptr : &*entry;
}

bool has_context(const Safetensors& file) {
    const auto& tensors = file.tensors();
    const auto first = tensors.lower_bound(context_prefix);
    return first != tensors.end() && first->first.starts_with(context_prefix);
}

/// A file's weights under torchvision's names; a file with a digest is checked for damage.
Safetensors weights_in(const std::filesystem::path& path) {
    const Safetensors file(path);
    verify_digest(file);
    return file.metadata().contains("encoder") ? file : with_torchvision_names(file);
}

std::string name_in(const Safetensors& file) {
    const auto entry = file.metadata().find("encoder");
    if (entry != file.metadata().end()) return entry->second;
    // Only the deeper ResNets have a third convolution in a block.
    return std::string(file.contains("layer1.0.conv3.weight") ? "resnet50" : "resnet18") + context_in(file);
}

} // namespace

const std::vector<EncoderEntry>& encoder_table() {
    static const std::vector<EncoderEntry> table = {
        {"resnet18", "resnet18", make<ResNet>},
        {"resnet50", "resnet50", make<ResNet>},
        {"resnet18+context", "resnet18", make<ContextEncoder>},
        {"resnet50+context", "resnet50", make<ContextEncoder>},
        {"resnet18+channel_context", "resnet18", make<ContextEncoder, ContextParts::channel>},
        {"resnet50+channel_context", "resnet50", make<ContextEncoder, ContextParts::channel>},
        {"resnet18+spatial_context", "resnet18", make<ContextEncoder, ContextParts::spatial>},
        {"resnet50+spatial_context", "resnet50", make<ContextEncoder, ContextParts::spatial>},
    };
    return table;
}

std::string context_in(const Safetensors& file, const std::string& prefix) {
    const bool channel = file.contains(prefix + context_prefix + "0.squeeze.weight"),
               spatial = file.contains(prefix + context_prefix + "0.spatial.weight");
    if (!channel && !spatial) return "";
    return context_suffix(channel && spatial ? ContextParts::both
                          : channel          ? ContextParts::channel
                                             : ContextParts::spatial);
}

std::shared_ptr<Encoder> make_encoder(const std::string& name) {
    if (const auto* entry = find(name)) return entry->make(entry->backbone);
    std::vector<std::string> known;
    for (const auto& entry : encoder_table()) known.push_back(entry.name);
    user_error("unknown encoder \"{}\": expected {}", name, fmt::join(known, ", "));
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
    if (find(name) == nullptr) user_error("{}: unknown encoder \"{}\" in its metadata", path.string(), name);
    auto encoder = make_encoder(name);
    load_state(*encoder, file, {"fc."});
    return encoder;
}

void load_encoder_weights(Encoder& encoder, const std::filesystem::path& path) {
    const Safetensors file = weights_in(path);
    std::vector<std::string> ignored{"fc."};
    const auto* entry = find(encoder.name());
    if ((entry != nullptr && entry->has_context()) != has_context(file)) ignored.push_back(context_prefix);
    load_state(encoder, file, ignored);
}

std::shared_ptr<Encoder> backbone_of(const Encoder& encoder) {
    const auto* entry = find(encoder.name());
    auto backbone = make_encoder(entry == nullptr ? encoder.name() : entry->backbone);
    std::map<std::string, torch::Tensor> source;
    for (const auto& [name, tensor] : state_of(encoder)) source.emplace(name, tensor);
    torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : state_of(*backbone)) tensor.copy_(source.at(name));
    return backbone;
}

} // namespace mlvicx
