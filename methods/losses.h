#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// Inputs of all losses: embeddings [N, D] of two views, row n of both from the same image; float32 or float64 (lower
/// precision is converted to float32). A result has its value and named terms, all zero-dimensional, with gradient.
struct Loss {
    torch::Tensor value;
    std::vector<std::pair<std::string, torch::Tensor>> terms;
};

struct VicregWeights {
    double invariance = 25, variance = 25, covariance = 1;
};
/// VICReg (Bardes, Ponce, LeCun, ICLR 2022, eq. 1-6; facebookresearch/vicreg main_vicreg.py):
/// w_i MSE + w_v (hinge + hinge')/2 + w_c (offdiag + offdiag')/D. Terms: invariance, variance, covariance, unweighted.
/// A term of weight 0 is only measured, without gradient; with three of them the value is 0, without gradient.
Loss vicreg_loss(const torch::Tensor& a, const torch::Tensor& b, const VicregWeights& weights = {});

/// Sum of the squared off-diagonal entries of the covariance (N - 1) of z, divided by D; from the N x N Gram matrix if
/// N < D.
torch::Tensor covariance_penalty(const torch::Tensor& z);
/// Mean over dimensions of relu(1 - sqrt(var + 1e-4)), var with N - 1.
torch::Tensor variance_penalty(const torch::Tensor& z);

/// Barlow Twins (Zbontar et al., ICML 2021; facebookresearch/barlowtwins main.py): c = BN(a)^T BN(b) / N without
/// affine; sum (c_ii - 1)^2 + lambda sum_{i != j} c_ij^2. Terms: on_diagonal, off_diagonal, unweighted.
Loss barlow_twins_loss(const torch::Tensor& a, const torch::Tensor& b, double lambda = 0.0051);

/// SimCLR's NT-Xent (Chen et al., ICML 2020, eq. 1), mean over the 2N directions. Term: nt_xent.
Loss nt_xent_loss(const torch::Tensor& a, const torch::Tensor& b, double temperature = 0.1);

/// BYOL (Grill et al., NeurIPS 2020, eq. 2): mean of |p1/|p1| - t2/|t2||^2 + |p2/|p2| - t1/|t1||^2; targets detached.
Loss byol_loss(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& t1, const torch::Tensor& t2);

} // namespace mlvicx
