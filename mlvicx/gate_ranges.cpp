#include "mlvicx/gate_ranges.h"

#include "methods/weights.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

namespace mlvicx {

namespace {

/// Of the gates that are numbers; none if none is.
std::optional<GateRange> range_of(const torch::Tensor& gates) {
    const auto numbers = gates.masked_select(gates.isfinite()).to(torch::kFloat64);
    if (numbers.numel() == 0) return std::nullopt;
    const auto sorted = std::get<0>(numbers.sort());
    const auto at = [&](double share) {
        return sorted[static_cast<std::int64_t>(share * static_cast<double>(sorted.size(0) - 1))].item<double>();
    };
    return GateRange{at(0.05), at(0.5), at(0.95)};
}

/// The words for one part, or "" if the encoder lacks it. `gates`: &LevelGates::channels or &LevelGates::pixels.
template <typename Member>
std::string part_text(const char* part, const std::vector<LevelGates>& levels, Member gates) {
    std::vector<std::string> ranges;
    for (const auto& level : levels)
        if (const auto& range = level.*gates) ranges.push_back(fmt::format("{:.2f}-{:.2f}", range->low, range->high));
    return ranges.empty() ? "" : fmt::format("{} {}", part, fmt::join(ranges, ", "));
}

} // namespace

std::vector<LevelGates> gate_ranges(const ContextEncoder& original, const torch::Tensor& images) {
    const torch::NoGradGuard no_gradient;
    ContextEncoder encoder(original.ResNet::name(), original.parts());
    copy_state(original, encoder);
    encoder.to(images.device());
    encoder.train();
    const auto behind = encoder.maps(images);
    const auto pixels = encoder.attention(images);
    std::vector<LevelGates> levels;
    for (std::size_t k = 0; k < behind.size(); ++k) {
        const auto front = k == 0   ? encoder.stem(images)
                           : k == 1 ? encoder.stage(1, encoder.pool(behind[0]))
                                    : encoder.stage(static_cast<int>(k), behind[k - 1]);
        LevelGates level;
        auto reached = front; // maps are not negative: each follows a ReLU
        if (!pixels.empty()) {
            level.pixels = range_of(pixels[k].flatten());
            reached = front * pixels[k];
        }
        if (encoder.parts() != ContextParts::spatial)
            level.channels = range_of((behind[k].sum({2, 3}) / reached.sum({2, 3})).flatten());
        levels.push_back(level);
    }
    return levels;
}

json::array to_json(const std::vector<LevelGates>& levels) {
    json::array result;
    for (const auto& level : levels) {
        json::object parts;
        const auto add = [&](const char* part, const std::optional<GateRange>& gates) {
            if (gates) parts[part] = json::array{gates->low, gates->median, gates->high};
        };
        add("channels", level.channels);
        add("pixels", level.pixels);
        result.emplace_back(std::move(parts));
    }
    return result;
}

std::string text_of(const std::vector<LevelGates>& levels) {
    const std::string channels = part_text("channels", levels, &LevelGates::channels),
                      pixels = part_text("pixels", levels, &LevelGates::pixels);
    return channels + (channels.empty() || pixels.empty() ? "" : "; ") + pixels;
}

} // namespace mlvicx
