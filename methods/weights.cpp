#include "methods/weights.h"

#include "core/error.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <set>

namespace mlvicx {
namespace {

constexpr std::pair<DType, torch::ScalarType> types[] = {
    {DType::u8, torch::kUInt8},    {DType::i8, torch::kInt8},     {DType::i32, torch::kInt32},
    {DType::i64, torch::kInt64},   {DType::f16, torch::kFloat16}, {DType::bf16, torch::kBFloat16},
    {DType::f32, torch::kFloat32}, {DType::f64, torch::kFloat64}, {DType::boolean, torch::kBool},
};

torch::ScalarType torch_type(DType type) {
    for (const auto& [ours, theirs] : types)
        if (ours == type) return theirs;
    throw InternalError("element type without a torch type");
}

bool begins_with_any(const std::string& name, const std::vector<std::string>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const auto& prefix) { return name.rfind(prefix, 0) == 0; });
}

/// "missing 3 tensors: a, b, c"; the first eight of many.
void add_part(std::vector<std::string>& parts, const char* what, const std::vector<std::string>& items) {
    constexpr std::size_t shown = 8;
    if (items.empty()) return;
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(shown, items.size()));
    parts.push_back(fmt::format("{} {}{}", what, fmt::join(items.begin(), end, ", "),
                                items.size() > shown ? fmt::format(", ... ({} in all)", items.size()) : ""));
}

/// Throws UserError if a tensor of the file has values that valid weights never have: they would later give NaN
/// features.
void require_sound(const Safetensors& file, const std::string& name) {
    auto values = to_tensor(file, name);
    if (!values.is_floating_point()) return;
    if (size_of(file.at(name).type) < sizeof(float)) values = values.to(torch::kFloat32);
    const bool variance = name.ends_with("running_var");
    const auto wrong = variance ? ~torch::isfinite(values) | (values < 0) : ~torch::isfinite(values);
    const auto places = wrong.flatten().nonzero();
    if (places.size(0) == 0) return;
    const auto first = places[0].item<std::int64_t>();
    user_error("{}: tensor {} {} has {} value{} that {} (the first is {}, at element {}); expected {}: the training "
               "that wrote it diverged, or the file is damaged",
               file.file().string(), name, shape_text(values.sizes()), places.size(0), places.size(0) == 1 ? "" : "s",
               variance ? "no variance has" : "no weights have", values.flatten()[first].item<double>(), first,
               variance ? "finite values from 0" : "finite values");
}

} // namespace

DType file_type(torch::ScalarType type) {
    for (const auto& [ours, theirs] : types)
        if (theirs == type) return ours;
    throw InternalError("tensor of a type that safetensors files do not support");
}

void make_channels_last(torch::nn::Module& module) {
    const torch::NoGradGuard no_gradient;
    for (auto& parameter : module.parameters())
        if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
}

bool is_counter(const std::string& name) {
    return name.ends_with("num_batches_tracked");
}

std::string shape_text(torch::IntArrayRef shape) {
    return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

torch::Tensor to_tensor(const Safetensors& file, const std::string& name) {
    const auto& view = file.at(name);
    // The mapping is read-only; LibTorch has no tensor of constant data, so readers must not write to it.
    auto* data = const_cast<std::byte*>(view.data.data());
    auto keep = [storage = file.storage()](void*) mutable { storage.reset(); };
    return torch::from_blob(data, view.shape, keep, torch::TensorOptions().dtype(torch_type(view.type)));
}

void save_tensors(const std::filesystem::path& file, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
    std::vector<TensorInfo> infos;
    for (const auto& [name, tensor] : tensors)
        infos.push_back({name, file_type(tensor.scalar_type()), tensor.sizes().vec()});
    std::size_t metadata_bytes = 1024;
    for (const auto& [key, value] : metadata) metadata_bytes += 6 * (key.size() + value.size()) + 16; // escapes: \u0000
    SafetensorsWriter writer(file, infos, metadata_bytes);
    for (const auto& [name, tensor] : tensors) {
        const auto plain = tensor.detach().to(torch::kCPU).contiguous();
        writer.write(name, 0, {static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()});
    }
    writer.commit(metadata);
}

std::string digest_of(const NamedTensors& tensors) {
    std::vector<torch::Tensor> kept; // owns what the views refer to
    std::map<std::string, TensorView> views;
    for (const auto& [name, tensor] : tensors) {
        kept.push_back(tensor.detach().to(torch::kCPU).contiguous());
        const auto& plain = kept.back();
        views.emplace(name, TensorView{{name, file_type(plain.scalar_type()), plain.sizes().vec()},
                                       {static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()}});
    }
    return digest_of(views);
}

NamedTensors state_of(const torch::nn::Module& module) {
    NamedTensors state;
    for (const auto& item : module.named_parameters()) state.emplace_back(item.key(), item.value());
    for (const auto& item : module.named_buffers()) state.emplace_back(item.key(), item.value());
    return state;
}

void load_state(torch::nn::Module& module, const Safetensors& file, const std::vector<std::string>& ignored,
                const Fit& fit) {
    std::vector<std::string> missing, unexpected, wrong;
    struct Copy {
        std::string name;
        torch::Tensor from, to;
    };
    std::vector<Copy> copies;
    std::set<std::string> known;
    for (const auto& [name, target] : state_of(module)) {
        if (begins_with_any(name, ignored)) continue;
        known.insert(name);
        if (!file.contains(name)) {
            if (!is_counter(name)) missing.push_back(name + " " + shape_text(target.sizes()));
            continue;
        }
        const auto found = to_tensor(file, name);
        const bool same_kind = found.is_floating_point() == target.is_floating_point();
        const bool same = same_kind && found.sizes() == target.sizes();
        if (const auto fitting = fit ? fit(name, found, target) : same ? found : torch::Tensor(); fitting.defined())
            copies.push_back({name, fitting, target});
        else if (found.sizes() != target.sizes())
            wrong.push_back(fmt::format("{} is {} in the file, {} expected", name, shape_text(found.sizes()),
                                        shape_text(target.sizes())));
        else
            wrong.push_back(fmt::format("{} is of type {} in the file, {} expected", name, name_of(file.at(name).type),
                                        name_of(file_type(target.scalar_type()))));
    }
    for (const auto& [name, view] : file.tensors())
        if (!known.count(name) && !begins_with_any(name, ignored))
            unexpected.push_back(name + " " + shape_text(view.shape));

    std::vector<std::string> parts;
    add_part(parts, "missing", missing);
    add_part(parts, "unexpected", unexpected);
    add_part(parts, "wrong", wrong);
    if (!parts.empty())
        user_error("{}: the weights do not fit the network: {}", file.file().string(), fmt::join(parts, "; "));

    for (const auto& copy : copies) require_sound(file, copy.name);
    torch::NoGradGuard no_grad;
    for (auto& copy : copies) copy.to.copy_(copy.from);
}

void copy_state(const torch::nn::Module& from, torch::nn::Module& to) {
    const auto source = state_of(from);
    auto target = state_of(to);
    ensure(source.size() == target.size(), "copy_state: the modules differ");
    torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < source.size(); ++i) {
        ensure(source[i].first == target[i].first && source[i].second.sizes() == target[i].second.sizes(),
               "copy_state: the modules differ");
        target[i].second.copy_(source[i].second);
    }
}

} // namespace mlvicx
