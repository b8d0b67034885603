#pragma once

#include "experiments/bench/measured_step.h"

#include <filesystem>

namespace mlvicx {

/// Writes what another program needs to make the first step of a method, as a safetensors file: `view1` and `view2`
/// [N, 3, S, S] of the first batch, the initial networks under their names, as metadata the method, its options as JSON
/// and the step's loss. Throws UserError if the file cannot be written.
void write_step(const std::filesystem::path& file, const PlanMethod& method, const StepImages& images,
                const torch::Device& device);

} // namespace mlvicx
