#pragma once

#include "experiments/explain/needs.h"
#include "experiments/plan.h"
#include "experiments/runner/jobs.h"

#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// The sizes of what a method keeps in memory and on disk, in bytes.
struct MethodSize {
    double encoder = 0;    ///< the file of its encoder
    double checkpoint = 0; ///< weights and the optimiser's state
    double training = 0;   ///< memory of a pre-training: weights, gradients, optimiser and the maps of a batch
};

/// Whether this precision of a plan means bf16 on the device; a plan for another machine may ask for what is not
/// offered here.
bool uses_bf16(const std::string& precision, const torch::Device& device);

/// What determines the size of a method that trains and the time of its steps; methods with equal texts are alike.
std::string kind_of(const PlanMethod& method);

/// The sizes of the plan's methods, zero for controls. Builds the networks of each, one after the other, to count their
/// weights (the authors' widest heads take 0.6 GB for a second). The maps of a batch are estimated from
/// `bytes_per_pixel`.
std::vector<MethodSize> method_sizes(const Plan& plan, const torch::Device& device);

/// Bytes that a pixel of a batch holds until the backward pass, with both views: the slope of the peak memory between
/// two batch sizes, measured on a CPU. ResNet-18 with 64 pixels: 480 in bf16, 1230 in fp32; context bottlenecks
/// (between 16 and 32 images of 224 pixels, records of 2026-11-28): 150 more. ResNet-50 has 11.1 million activations at
/// 224 pixels, ResNet-18 has 2.5; it was not measured.
double bytes_per_pixel(const std::string& encoder, bool bf16);

/// Bytes of a prepared file: images, and masks that may be not empty.
double prepared_bytes(const DatasetFacts& facts);

/// What jobs still write, in bytes.
struct DiskUse {
    double prepared = 0;   ///< of datasets that are not prepared yet
    double encoders = 0;   ///< kept
    double checkpoint = 0; ///< the largest; there is one at a time
    double features = 0;   ///< the largest cache entry; each is removed when the last job that uses it is done
    double results = 0;    ///< scores of the test images
    double total() const { return prepared + encoders + checkpoint + features + results; }
};
/// `open`: which jobs are not done.
DiskUse disk_use(const Plan& plan, const Jobs& jobs, const Needs& needs, const std::vector<MethodSize>& sizes,
                 const std::function<bool(const Job&)>& open);

} // namespace mlvicx
