#pragma once

#include "core/json.h"
#include "mlvicx/context_encoder.h"

#include <optional>
#include <vector>

namespace mlvicx {

/// What a part of a bottleneck multiplies a map by, 0..1: quantiles at 5, 50 and 95 %.
struct GateRange {
    double low = 0, median = 0, high = 0;
};

/// A bottleneck's gates: of the channel part over all images and channels, of the spatial part over all images and
/// positions; none for a part that the encoder lacks. Gates that hardly differ, such as the 0.5 that they start near,
/// only scale the map; a channel or a position whose gate is near 0 is lost to everything behind it.
struct LevelGates {
    std::optional<GateRange> channels, pixels;
};

/// The gates of the five levels for these images [N, 3, H, W], as in training: norms use the images' own statistics,
/// because before training the running ones say nothing yet, and without them the gates look closer to one half than
/// they are. Works on a copy: the encoder stays as it is. A channel's gate is measured by its effect, the map behind
/// the bottleneck divided by the map in front of it, so channels that are zero everywhere in an image do not count.
std::vector<LevelGates> gate_ranges(const ContextEncoder& encoder, const torch::Tensor& images);

/// [{"channels": [low, median, high], "pixels": [...]}, ...]
json::array to_json(const std::vector<LevelGates>& levels);

/// "channels 0.45-0.55, 0.42-0.58, ...; pixels 0.46-0.51, ...": low and high, level by level.
std::string text_of(const std::vector<LevelGates>& levels);

} // namespace mlvicx
