#include "experiments/encoder_table.h"

#include "core/error.h"
#include "core/progress.h"
#include "methods/resnet.h"
#include "methods/weight_conversions.h"
#include "methods/weight_names.h"
#include "methods/weights.h"
#include "mlvicx/context_encoder.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

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

/// A file's weights under torchvision's names.
struct Weights {
    Safetensors file;
    bool ours;                      ///< written by save_encoder
    std::vector<std::string> notes; ///< how they were read, for a message
};

/// A file with a digest is checked for damage.
Weights weights_in(const std::filesystem::path& path) {
    const Safetensors file(path);
    verify_digest(file);
    if (file.metadata().contains("encoder")) return {file, true, {}};
    std::vector<std::string> notes;
    auto renamed = with_torchvision_names(file, &notes);
    return {std::move(renamed), false, std::move(notes)};
}

/// Loads the weights, except `fc`. If only one side has context bottlenecks, they are left as they are. Logs once per
/// file what was taken, left out and converted, unless the suite wrote the file.
void load(Encoder& encoder, const Weights& weights, bool context_too) {
    std::vector<std::string> ignored{"fc."};
    if (!context_too) ignored.push_back(context_prefix);
    if (weights.ours) return load_state(encoder, weights.file, ignored);
    WeightConversions conversions;
    load_state(encoder, weights.file, ignored, [&](const auto& name, const auto& found, const auto& target) {
        return conversions.fit(name, found, target);
    });
    static std::mutex mutex;
    static std::set<std::pair<std::string, std::string>> told;
    const std::lock_guard lock(mutex);
    const auto path = weights.file.file().string();
    if (!told.emplace(path, encoder.name()).second) return;
    auto notes = weights.notes;
    if (!context_too)
        notes.emplace_back(has_context(weights.file) ? "left out its context bottlenecks"
                                                     : "the context bottlenecks keep their initial weights");
    for (auto& note : conversions.notes()) notes.push_back(std::move(note));
    std::size_t taken = 0;
    for (const auto& [name, tensor] : state_of(encoder))
        taken += weights.file.contains(name) && (context_too || !name.starts_with(context_prefix));
    notes.insert(notes.begin(), fmt::format("{}, took {} tensors", encoder.name(), taken));
    say("{}: {}", path, fmt::join(notes, "; "));
}

/// Residual blocks in each of the four stages.
using Blocks = std::array<std::size_t, 4>;

Blocks blocks_in(const Safetensors& file) {
    Blocks blocks{};
    for (std::size_t k = 0; k < blocks.size(); ++k)
        while (file.contains(fmt::format("layer{}.{}.conv1.weight", k + 1, blocks[k]))) ++blocks[k];
    return blocks;
}

std::string name_in(const Safetensors& file) {
    const auto entry = file.metadata().find("encoder");
    if (entry != file.metadata().end()) return entry->second;
    const bool deep = file.contains("layer1.0.conv3.weight"); // only deeper ResNets have a third convolution in a block
    const auto found = blocks_in(file), expected = deep ? Blocks{3, 4, 6, 3} : Blocks{2, 2, 2, 2};
    if (!std::equal(found.begin(), found.end(), expected.begin(), std::less_equal<>()))
        user_error(
            "{}: holds a ResNet with {} blocks of {} convolutions in its stages; expected 2, 2, 2, 2 of two (resnet18) "
            "or 3, 4, 6, 3 of three (resnet50)",
            file.file().string(), fmt::join(found, ", "), deep ? "three" : "two");
    return std::string(deep ? "resnet50" : "resnet18") + context_in(file);
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
    const Weights weights = weights_in(path);
    const auto name = name_in(weights.file);
    if (find(name) == nullptr) user_error("{}: unknown encoder \"{}\" in its metadata", path.string(), name);
    auto encoder = make_encoder(name);
    load(*encoder, weights, true);
    return encoder;
}

void load_encoder_weights(Encoder& encoder, const std::filesystem::path& path) {
    const Weights weights = weights_in(path);
    const auto* entry = find(encoder.name());
    load(encoder, weights, (entry != nullptr && entry->has_context()) == has_context(weights.file));
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
