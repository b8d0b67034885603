#pragma once

#include "experiments/plan.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace mlvicx {

/// What steps are measured on: u8 images [N, S, S] and which of them.
struct StepImages {
    torch::Tensor images;
    std::vector<std::int64_t> indices;
};

/// A step of so many images is verified before steps are timed: with two, a batch norm over 1x1 maps is mostly
/// rounding.
inline constexpr std::int64_t verified_images = 8;
/// The number of images of one measured epoch: a batch, and enough to verify a step with; on a GPU 4 to 32 batches, as
/// only the end of an epoch waits for it.
std::int64_t measured_images(std::int64_t batch, const torch::Device& device);
/// Random smooth patterns, with all indices. Not noise: blurred views of noise are all alike, and a batch norm over
/// almost equal values is mostly rounding.
StepImages random_images(std::int64_t count, std::int64_t side);

/// How fast a method's steps were, views and optimiser included.
struct StepRate {
    double images_per_second = 0;   ///< the median of epochs after the first, which warms up
    double lowest = 0, highest = 0; ///< of these epochs
    std::int64_t epochs = 0;        ///< how many they were
    double seconds = 0;             ///< how long together
};

/// Trains `network`, which is on `device`, by pretrain() with the method's options until `seconds` have passed and two
/// epochs at least. This is the only measure of a step's time: `plan --measure` and `bench` print it. `warmed_up` is
/// called after the first epoch. Throws Interrupted.
StepRate measured_rate(Method& network, const PlanMethod& method, const StepImages& images, const torch::Device& device,
                       double seconds, const std::function<void()>& warmed_up = {});

} // namespace mlvicx
