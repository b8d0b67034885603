#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mlvicx {

/// What determines the time of a pre-training step.
struct StepSize {
    std::int64_t image_size = 224, batch_size = 256;
    /// Pixels that pass through the network, of one view.
    double pixels() const { return static_cast<double>(batch_size) * static_cast<double>(image_size * image_size); }
};

/// Seconds of a step: a fixed time (a GPU's launches, the optimiser), one per image (heads, whose products take longer
/// than the encoder's where they are wide), and one per pixel.
struct StepModel {
    double fixed = 0, per_image = 0, per_pixel = 0;

    double besides_pixels(const StepSize& size) const {
        return fixed + per_image * static_cast<double>(size.batch_size);
    }
    double seconds(const StepSize& size) const { return besides_pixels(size) + per_pixel * size.pixels(); }
};

/// The model nearest to measured steps and their seconds, by relative squares, without a negative time. Two
/// measurements determine the time per pixel and one other: of one image size the fixed one, else that per image.
/// Nullopt if they determine none: fewer than two, equal ones, or times that no model has.
std::optional<StepModel> fitted(const std::vector<std::pair<StepSize, double>>& measured);

} // namespace mlvicx
