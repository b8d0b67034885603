#pragma once

#include "experiments/bench/measured_step.h"
#include "experiments/bench/verified_step.h"
#include "experiments/plan.h"
#include "methods/device/device.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// What a device can do, measured at the same time as its steps.
struct BenchDevice {
    torch::Device device = torch::kCPU;
    Precision precision = Precision::fp32;
    double matrix_rate = 0; ///< FLOP/s in this precision (device_rates.h)
    double copy_rate = 0;   ///< bytes/s, read and written
};

/// A method's steps, measured.
struct BenchRow {
    PlanMethod method;
    VerifiedStep verified;
    StepRate rate;
    std::map<std::string, double> shares; ///< of a step's time, each of step_parts; they add up to less than 1
    double flops = 0;                     ///< of convolutions and matrix products in a step
    double bytes = 0;                     ///< that a step moves at least: least_bytes
    double peak_bytes = 0;                ///< of tensors, with the networks
    double plan_bytes = 0;                ///< what `plan` says that a training takes
    std::vector<std::pair<std::string, double>> plan_rates; ///< images/s that `plan` expects, by machine
};

/// Bytes that a step reads and writes if nothing stays in a cache and every convolution's norm, with what is added and
/// its ReLU, takes as few passes over the map as it can, three forward and five backward: operands and results of
/// convolutions and matrix products, these eight passes, and the optimiser's over weights, gradients and state.
double least_bytes(const Operations& step, Precision precision, double optimiser_bytes);

BenchDevice bench_device(const torch::Device& device, Precision precision);

/// Verifies a step, then measures for about `seconds`: first steps as they are, then, for a third of the time, by parts
/// and with their memory. Throws InternalError if the step is wrong or leaves a convolution's weights as they were.
BenchRow bench_row(const PlanMethod& method, const StepImages& images, const torch::Device& device, double seconds);

/// The rows, which differ only in their methods, as tables of at most 80 columns.
std::string bench_text(const BenchDevice& device, const std::vector<BenchRow>& rows);

} // namespace mlvicx
