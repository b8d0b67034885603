#pragma once

#include <torch/nn.h>

namespace mlvicx {

/// He et al., ICCV 2015, on every convolution and linear layer inside: normal of variance 2 / fan-in, biases 0. This is
/// the initialisation that MLVICX describes and that its release, calling it on the network object, leaves without
/// effect.
void he_initialise(torch::nn::Module& module);

} // namespace mlvicx
