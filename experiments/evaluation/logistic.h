#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// The solution for one regularisation strength: scores are sigmoid(x weight + bias) for standardised features x.
struct LogisticFit {
    torch::Tensor weight; ///< [F, C] float32
    torch::Tensor bias;   ///< [C] float32
    std::int64_t iterations = 0;
    double gradient = 0; ///< largest gradient norm over classes when it stopped
};

/// One L2-regularised logistic regression per column of `labels`, all columns at once. Each class minimises
///     mean over its known images of the cross-entropy + l2 / 2 |w|^2, with a free intercept.
/// Each class has its own step lengths and curvature, so that no class's convergence depends on another's.
///
/// Solver: the features are rotated onto their principal axes. This does not change the penalty and makes the inverse
/// Hessian at the prior diagonal. Starting from it, L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4)
/// takes tens of iterations where the plain one takes hundreds. With fewer images than features, the unknowns are as
/// many as the images. State and history are float64, the products with the images float32.
class LogisticRegression {
public:
    /// `features` [n, F] float32, standardised, on the device that does the work and keeps all results; `labels` i8
    /// [n, C] on the same device: 1, 0, -1 unknown. A class without both values gets zero weights and its prior as bias
    /// (one half if no label is known). Move the features in, if they are not needed any more: their memory is given
    /// back before the solver's is at its largest.
    LogisticRegression(torch::Tensor features, const torch::Tensor& labels);

    /// Iterates until each class's gradient norm is at most `tolerance`. Starts where the last call ended, so go from
    /// strong to weak regularisation.
    LogisticFit fit(double l2, std::int64_t iterations, double tolerance = 1e-6);

    /// Classes that have both values.
    const torch::Tensor& trained() const { return trained_; } ///< [C] bool

private:
    struct Point {
        torch::Tensor theta, value, gradient; ///< [r + 1, C], [C], [r + 1, C]
    };
    Point at(const torch::Tensor& theta, double l2) const;
    /// Moves `now` along `direction`, each class by its own step length; returns the classes that found one.
    torch::Tensor move(Point& now, const torch::Tensor& direction, double l2) const;

    torch::Tensor axes_;      ///< [F, r] float32
    torch::Tensor images_;    ///< [n, r + 1] float32: on the principal axes, then a column of ones
    torch::Tensor targets_;   ///< [n, C] float32
    torch::Tensor shares_;    ///< [n, C] float32: 1 / known images of the class, 0 if unknown or untrained
    torch::Tensor curvature_; ///< [r + 1, C]: the Hessian's diagonal at the prior, without the penalty
    torch::Tensor penalised_; ///< [r + 1, 1]: 1, but 0 for the intercept
    torch::Tensor trained_, prior_, theta_;
};

} // namespace mlvicx
