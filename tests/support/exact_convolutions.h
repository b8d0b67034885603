#pragma once

#include <torch/torch.h>

namespace mlvicx {

/// For a scope, a GPU's convolutions run in float32: LibTorch's default rounds their factors to TF32's ten bits.
class ExactConvolutions {
public:
    ExactConvolutions() { at::globalContext().setAllowTF32CuDNN(false); }
    ~ExactConvolutions() { at::globalContext().setAllowTF32CuDNN(true); }
    ExactConvolutions(const ExactConvolutions&) = delete;
    ExactConvolutions& operator=(const ExactConvolutions&) = delete;
};

} // namespace mlvicx
