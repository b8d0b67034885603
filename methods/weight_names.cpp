#include "methods/weight_names.h"

#include "core/error.h"
#include "core/progress.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <string_view>

namespace mlvicx {

namespace {

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

/// Whether the last part of a prefix names a moving average of another network in the file (MoCo's, BYOL's).
bool is_moving_average(const Place& place) {
    std::string_view prefix = place.prefix;
    if (!prefix.empty()) prefix.remove_suffix(1);
    for (const char* part : {"momentum", "encoder_k", "key_encoder", "target", "ema"})
        if (prefix.find(part) != std::string_view::npos) return true;
    return false;
}

std::string first_names(const std::vector<std::string>& names, std::size_t count) {
    std::vector<std::string> first(names.begin(),
                                   names.begin() + static_cast<std::ptrdiff_t>(std::min(count, names.size())));
    return fmt::format("{}{}", fmt::join(first, ", "), names.size() > count ? ", ..." : "");
}

Place only_place(const Safetensors& file) {
    auto places = places_in(file);
    std::vector<std::string> names;
    if (places.empty()) {
        for (const auto& [name, tensor] : file.tensors()) names.push_back(name);
        user_error("{}: no ResNet with torchvision's names: the {} tensors are {}; expected conv1.weight, "
                   "bn1.weight, layer1.0.conv1.weight, layer1.0.conv2.weight, ..., with or without a common prefix",
                   file.file().string(), names.size(), first_names(names, 8));
    }
    if (places.size() > 1) std::erase_if(places, is_moving_average);
    if (places.size() == 1) return places.front();
    for (const auto& place : places_in(file)) names.push_back('"' + place.prefix + '"');
    user_error("{}: has {} ResNets, with the prefixes {}; expected one, keep only the tensors of that one",
               file.file().string(), names.size(), fmt::join(names, " and "));
}

/// Once per file.
void tell(const Safetensors& file, const Place& place, const std::vector<std::string>& left_out) {
    static std::mutex mutex;
    static std::set<std::string> told;
    const std::lock_guard lock(mutex);
    if (!told.insert(file.file().string()).second) return;
    std::string text =
        place.prefix.empty() ? "" : fmt::format("removed the prefix \"{}\" from its names", place.prefix);
    if (place.numbered)
        text += fmt::format("{}read its numbered layers in torchvision's order", text.empty() ? "" : ", ");
    if (!left_out.empty())
        text += fmt::format("; left out {} other tensor{} ({})", left_out.size(), left_out.size() == 1 ? "" : "s",
                            first_names(left_out, 3));
    say("{}: {}", file.file().string(), text);
}

} // namespace

Safetensors with_torchvision_names(const Safetensors& file) {
    const Place place = only_place(file);
    if (place.prefix.empty() && !place.numbered) return file;
    std::vector<std::string> left_out;
    const auto renamed = file.renamed([&](const std::string& name) -> std::string {
        if (!name.starts_with(place.prefix)) {
            left_out.push_back(name);
            return "";
        }
        const std::string rest = name.substr(place.prefix.size());
        return place.numbered ? from_number(rest) : rest;
    });
    tell(file, place, left_out);
    return renamed;
}

} // namespace mlvicx
