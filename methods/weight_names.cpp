#include "methods/weight_names.h"

#include "core/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace mlvicx {

namespace {

using Names = std::vector<std::string>;

/// A ResNet in a file: the prefix of its names, and whether they are torch.nn.Sequential's.
struct Place {
    std::string prefix;
    bool numbered = false;
};

/// The children of torchvision's ResNet in order; those without tensors are empty.
constexpr std::array<const char*, 10> children = {"conv1",  "bn1",    "",       "", "layer1",
                                                  "layer2", "layer3", "layer4", "", "fc"};

/// "layer1.0.conv2.weight" for "4.0.conv2.weight". Other names are returned unchanged.
std::string from_number(const std::string& name) {
    const bool is_number = name.size() > 2 && name[0] >= '0' && name[0] <= '9' && name[1] == '.';
    if (!is_number) return name;
    const std::string child = children[static_cast<std::size_t>(name[0] - '0')];
    return child.empty() ? name : child + name.substr(1);
}

/// Every prefix under which the file has both of two tensors whose names together only a ResNet has.
std::vector<Place> places_in(const Safetensors& file) {
    std::vector<Place> places;
    for (const auto& [first, second, numbered] :
         {std::tuple("conv1.weight", "layer1.0.conv2.weight", false), {"0.weight", "4.0.conv2.weight", true}}) {
        const std::string_view ending = first;
        for (const auto& [name, tensor] : file.tensors()) {
            if (!name.ends_with(ending)) continue;
            const std::string prefix = name.substr(0, name.size() - ending.size());
            const bool whole = prefix.empty() || prefix.back() == '.';
            if (whole && file.contains(prefix + second)) places.push_back({prefix, numbered});
        }
    }
    return places;
}

/// The words of a name: "module", "encoder", "k" for "module.encoder_k.".
Names words_of(std::string_view name) {
    Names words{""};
    for (const char c : name)
        if (c == '.' || c == '_')
            words.emplace_back();
        else
            words.back() += c;
    return words;
}

/// Whether a prefix names a moving average of another network in the file (MoCo's, BYOL's), or an optimiser's state.
bool is_not_trained(const Place& place) {
    static const std::set<std::string> marks = {"momentum", "target",   "ema",       "k",        "key",
                                                "average",  "averaged", "optimizer", "optimiser"};
    const auto words = words_of(place.prefix);
    return std::any_of(words.begin(), words.end(), [](const auto& word) { return marks.contains(word); });
}

/// Names of the place's tensors, without its prefix and numbers, and the tensors: those of a ResNet without `fc`.
std::map<std::string, const TensorView*> network_at(const Safetensors& file, const Place& place) {
    std::map<std::string, const TensorView*> network;
    for (auto entry = file.tensors().lower_bound(place.prefix);
         entry != file.tensors().end() && entry->first.starts_with(place.prefix); ++entry) {
        const std::string rest = entry->first.substr(place.prefix.size());
        const std::string name = place.numbered ? from_number(rest) : rest;
        if (name.starts_with("conv1.") || name.starts_with("bn1.") || name.starts_with("layer"))
            network[name] = &entry->second;
    }
    return network;
}

bool same_weights(const Safetensors& file, const Place& a, const Place& b) {
    const auto same = [](const auto& x, const auto& y) {
        return x.first == y.first && x.second->type == y.second->type && x.second->shape == y.second->shape &&
               std::equal(x.second->data.begin(), x.second->data.end(), y.second->data.begin(), y.second->data.end());
    };
    const auto first = network_at(file, a), second = network_at(file, b);
    return std::equal(first.begin(), first.end(), second.begin(), second.end(), same);
}

std::string quoted(const std::vector<Place>& places, const char* between) {
    Names names;
    for (const auto& place : places) names.push_back('"' + place.prefix + '"');
    return fmt::format("{}", fmt::join(names, between));
}

Place only_place(const Safetensors& file, Names& notes) {
    const auto all = places_in(file);
    if (all.empty()) {
        Names names;
        for (const auto& [name, tensor] : file.tensors()) names.push_back(name);
        user_error("{}: no ResNet with torchvision's names: the {} tensors are {}; expected conv1.weight, "
                   "bn1.weight, layer1.0.conv1.weight, layer1.0.conv2.weight, ..., with or without a common prefix",
                   file.file().string(), names.size(), first_names(names, 8));
    }
    std::vector<Place> trained, others;
    for (const auto& place : all) (is_not_trained(place) ? others : trained).push_back(place);
    if (trained.empty()) std::swap(trained, others);
    const Place place = trained.front();
    for (const auto& other : trained)
        if (!same_weights(file, place, other))
            user_error("{}: has {} ResNets, with the prefixes {}; expected one, keep only the tensors of that one",
                       file.file().string(), all.size(), quoted(all, " and "));
    trained.erase(trained.begin());
    if (!place.prefix.empty()) notes.push_back(fmt::format("removed the prefix \"{}\" from its names", place.prefix));
    if (!trained.empty()) notes.push_back(fmt::format("its equal copy under {} is ignored", quoted(trained, ", ")));
    if (!others.empty())
        notes.push_back(fmt::format("took the network trained by gradient, not its average or state under {}",
                                    quoted(others, ", ")));
    return place;
}

/// This suite's name for a tensor of a context bottleneck as MLVICX's release names it: "context.0.squeeze.weight" for
/// "cbt1.cam.fc.0.weight". The release's bottlenecks are children of the module that has the network, `encoder`, as a
/// child. Empty for other tensors; an unknown part of a bottleneck keeps its name, so that it is refused.
std::string context_name(const std::string& name, const Place& place) {
    static const std::map<std::string, const char*> parts = {{"cam.fc.0.weight", "squeeze.weight"},
                                                             {"cam.fc.2.weight", "expand.weight"},
                                                             {"sam.conv1.weight", "spatial.weight"}};
    std::string parent = place.prefix;
    if (!parent.empty()) parent.erase(parent.find_last_of('.', parent.size() - 2) + 1); // npos + 1: all of it
    for (const auto& base : {place.prefix, parent}) {
        if (!name.starts_with(base + "cbt") || name.size() < base.size() + 6) continue;
        const char level = name[base.size() + 3];
        if (level < '1' || level > '5' || name[base.size() + 4] != '.') continue;
        const std::string rest = name.substr(base.size() + 5);
        const auto part = parts.find(rest);
        return fmt::format("context.{}.{}", level - '1', part == parts.end() ? rest : part->second);
    }
    return "";
}

/// Whether the child of a network that a name begins with is a head by its name: "projection_head.0.weight".
bool is_head(std::string_view name) {
    const auto child = name.substr(0, name.find('.'));
    constexpr const char* marks[] = {"fc",        "head",   "class", "proj",  "predict",
                                     "prototype", "linear", "queue", "logit", "mlp"};
    return std::any_of(std::begin(marks), std::end(marks),
                       [&](const char* mark) { return child.find(mark) != std::string_view::npos; });
}

/// "module.encoder_k (100), module.queue": the names up to their first part that differs from the prefix's, with the
/// number of tensors that share it; the first four of many.
std::string grouped(const Names& names, const std::string& prefix) {
    std::map<std::string, std::size_t> counts;
    for (const auto& name : names) {
        std::size_t end = 0;
        const auto differs = [&] { return name.compare(0, end, prefix, 0, end) != 0 || end > prefix.size(); };
        while (end < name.size() && !differs()) end = std::min(name.find('.', end), name.size() - 1) + 1;
        ++counts[name.substr(0, end - (end > 0 && name[end - 1] == '.'))];
    }
    Names groups;
    for (const auto& [group, count] : counts)
        groups.push_back(count == 1 ? group : fmt::format("{} ({})", group, count));
    return first_names(groups, 4);
}

bool begins_with_number(const std::string& name) {
    return !name.empty() && name[0] >= '0' && name[0] <= '9';
}

/// The new name of a tensor within the place, after its prefix; empty if it is left out.
std::string kept_name(const std::string& rest, const Place& place) {
    if (!place.numbered) return is_head(rest) && !rest.starts_with("fc.") ? "" : rest;
    const std::string name = from_number(rest);
    const bool behind = begins_with_number(name) && std::stoul(name.substr(0, 4)) > 7; // after layer4
    return behind || (!begins_with_number(rest)) ? "" : name;
}

} // namespace

std::string first_names(const std::vector<std::string>& names, std::size_t count) {
    const Names first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(count, names.size())));
    return fmt::format("{}{}", fmt::join(first, ", "), names.size() > count ? ", ..." : "");
}

Safetensors with_torchvision_names(const Safetensors& file, std::vector<std::string>* notes) {
    Names done, left_out;
    const Place place = only_place(file, done);
    std::map<std::string, std::string> taken; // new name to old
    std::size_t bottlenecks = 0;
    auto renamed = file.renamed([&](const std::string& name) {
        std::string other = context_name(name, place);
        if (!other.empty())
            ++bottlenecks;
        else if (name.starts_with(place.prefix))
            other = kept_name(name.substr(place.prefix.size()), place);
        if (other.empty() || other.starts_with("fc.")) left_out.push_back(name);
        if (other.empty()) return other;
        if (const auto [entry, is_new] = taken.emplace(other, name); !is_new)
            user_error("{}: {} and {} would both be {}; expected one of them", file.file().string(), entry->second,
                       name, other);
        return other;
    });
    if (place.numbered) done.emplace_back("read its numbered layers in torchvision's order");
    if (bottlenecks > 0)
        done.push_back(
            fmt::format("read {} tensors of MLVICX's release (cbt1 to cbt5) as context bottlenecks", bottlenecks));
    if (!left_out.empty())
        done.push_back(fmt::format("left out {} other tensor{} ({})", left_out.size(), left_out.size() == 1 ? "" : "s",
                                   grouped(left_out, place.prefix)));
    if (notes) notes->insert(notes->end(), done.begin(), done.end());
    return renamed;
}

} // namespace mlvicx
