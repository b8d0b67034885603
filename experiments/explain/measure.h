#pragma once

#include "experiments/explain/rates.h"
#include "experiments/plan.h"

#include <vector>

namespace mlvicx {

/// Trains each of the plan's methods with its own options and sizes on random images, for about `seconds` in total (at
/// least two steps each), and returns how fast that was, on the machine "here"; a rate's method is the label in the
/// plan. Methods with equal options are measured once. On a CPU at first with 16 images a step, and with the plan's
/// batch only if two such steps fit into the time. Throws Interrupted.
std::vector<Rate> measured_rates(const Plan& plan, const torch::Device& device, double seconds);

} // namespace mlvicx
