#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mlvicx {

/// What one strength of regularisation gives: scores are sigmoid(x weight + bias), x standardised features.
struct LogisticFit {
    torch::Tensor weight; ///< [F, C] float32
    torch::Tensor bias;   ///< [C] float32
    std::int64_t iterations = 0;
    double gradient = 0; ///< largest gradient norm over classes where it stopped
};

/// One L2-regularised logistic regression per column of `labels`, all columns at once: for each class
///     mean over its known images of the cross-entropy + l2 / 2 |w|^2, the intercept free.
/// Each class has its own step lengths and curvature, so that no class's convergence depends on another's.
///
/// Solver: the features are turned onto their principal axes, which leaves the penalty as it is and makes a diagonal of
/// the inverse Hessian at the prior; with that as its start, L-BFGS (Nocedal and Wright, Numerical Optimization,
/// algorithm 7.4) takes tens of iterations where the plain one takes hundreds. Fewer images than features cost as many
/// unknowns as images. State and history are float64, the products with the images float32.
class LogisticRegression {
public:
    /// `features` [n, F] float32, standardised, on the device that does the work and keeps all results; `labels` i8
    /// [n, C] beside them: 1, 0, -1 unknown. A class without both values gets
    /// no weights and the prior as its bias (one half where nothing is known).
    LogisticRegression(const torch::Tensor& features, const torch::Tensor& labels);

    /// Until each class's gradient norm is at most `tolerance`. Starts where the last call ended: go from strong to
    /// weak.
    LogisticFit fit(double l2, std::int64_t iterations, double tolerance = 1e-6);

    /// Classes that have both values.
    const torch::Tensor& trained() const { return trained_; } ///< [C] bool

private:
    struct Point {
        torch::Tensor theta, value, gradient; ///< [r + 1, C], [C], [r + 1, C]
    };
    Point at(const torch::Tensor& theta, double l2) const;
    /// Moves `now` along `direction`, each class by its own length; returns the classes that found one.
    torch::Tensor move(Point& now, const torch::Tensor& direction, double l2) const;

    torch::Tensor axes_;      ///< [F, r] float32
    torch::Tensor images_;    ///< [n, r + 1] float32: on the principal axes, then a column of ones
    torch::Tensor targets_;   ///< [n, C] float32
    torch::Tensor shares_;    ///< [n, C] float32: 1 / known images of the class, 0 where unknown or untrained
    torch::Tensor curvature_; ///< [r + 1, C]: the Hessian's diagonal at the prior, without the penalty
    torch::Tensor penalised_; ///< [r + 1, 1]: 1, but 0 for the intercept
    torch::Tensor trained_, prior_, theta_;
};

} // namespace mlvicx
