#pragma once

#include <torch/nn.h>

#include <cstdint>

namespace mlvicx {

/// He et al., ICCV 2015, on every convolution and linear layer in `module`: normal with variance 2 / fan-in, biases 0.
/// From LibTorch's generator.
void he_initialise(torch::nn::Module& module);

/// The same as a function of `seed`, from the suite's own generator: LibTorch's differs between versions.
void he_initialise(torch::nn::Module& module, std::uint64_t seed);

} // namespace mlvicx
