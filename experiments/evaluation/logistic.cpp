#include "experiments/evaluation/logistic.h"

#include "core/error.h"

#include <torch/torch.h>

#include <deque>

namespace mlvicx {

namespace {

using torch::Tensor;

Tensor per_class_dot(const Tensor& a, const Tensor& b) {
    return (a * b).sum(0);
} // [C]

/// The directions of the images' variance and the variance along each: all F of them, or, with fewer images than
/// features, those that the images span.
std::pair<Tensor, Tensor> principal_axes(const Tensor& features) {
    const auto n = features.size(0), f = features.size(1);
    if (n >= f) {
        const auto [values, vectors] = torch::linalg_eigh((features.t().mm(features) / n).to(torch::kFloat64));
        return {vectors, values.clamp_min(0)};
    }
    const auto wide = features.to(torch::kFloat64);
    const auto [values, vectors] = torch::linalg_eigh(wide.mm(wide.t()) / n);
    const auto spanned = values > 1e-10 * values.max().clamp_min(1e-300);
    const auto kept = values.index({spanned});
    return {wide.t().mm(vectors.index({torch::indexing::Slice(), spanned})) / torch::sqrt(kept * n), kept};
}

/// The limited-memory inverse Hessian, one per column. A class skips a pair whose curvature it cannot use.
class Curvature {
public:
    explicit Curvature(Tensor start)
        : start_(std::move(start)), scale_(torch::ones(start_.size(1), start_.options())) {}

    void add(const Tensor& s, const Tensor& y) {
        const auto sy = per_class_dot(s, y);
        const auto usable = sy > 1e-10 * s.norm(2, 0) * y.norm(2, 0);
        const auto rho = torch::where(usable, 1 / sy, torch::zeros_like(sy));
        scale_ = torch::where(usable, sy / per_class_dot(y, start_ * y), scale_);
        pairs_.push_back({s, y, rho});
        if (pairs_.size() > 10) pairs_.pop_front();
    }

    Tensor times(Tensor q) const {
        std::vector<Tensor> alpha(pairs_.size());
        for (auto i = pairs_.size(); i-- > 0;) {
            alpha[i] = pairs_[i].rho * per_class_dot(pairs_[i].s, q);
            q = q - alpha[i] * pairs_[i].y;
        }
        q = scale_ * start_ * q;
        for (std::size_t i = 0; i < pairs_.size(); ++i)
            q = q + (alpha[i] - pairs_[i].rho * per_class_dot(pairs_[i].y, q)) * pairs_[i].s;
        return q;
    }

private:
    struct Pair {
        Tensor s, y, rho;
    };
    Tensor start_, scale_;
    std::deque<Pair> pairs_;
};

} // namespace

LogisticRegression::LogisticRegression(Tensor features, const Tensor& labels) {
    const torch::NoGradGuard no_grad;
    ensure(features.dim() == 2 && labels.dim() == 2 && features.size(0) == labels.size(0) && features.size(0) > 0,
           "logistic regression needs features [n, F] and labels [n, C]");
    const auto [axes, variance] = principal_axes(features);
    axes_ = axes.to(torch::kFloat32);
    const auto rotated = features.mm(axes_), ones = torch::ones({features.size(0), 1}, features.options());
    features.reset(); // before the images are there a third time
    images_ = torch::cat({rotated, ones}, 1);

    const auto known = labels >= 0;
    const auto count = known.sum(0).to(torch::kFloat64);
    const auto positives = (labels == 1).sum(0).to(torch::kFloat64);
    trained_ = (positives > 0).logical_and(positives < count);
    targets_ = (labels == 1).to(torch::kFloat32);
    shares_ = (known.logical_and(trained_).to(torch::kFloat64) / count.clamp_min(1)).to(torch::kFloat32);

    prior_ = torch::where(count > 0, positives / count.clamp_min(1), torch::full_like(count, 0.5));
    const auto start = torch::where(trained_, prior_, torch::full_like(count, 0.5));
    const auto spread = torch::cat({variance, torch::ones({1}, variance.options())}).unsqueeze(1);
    curvature_ = spread * start * (1 - start);
    penalised_ = torch::ones_like(spread);
    penalised_[-1] = 0;
    theta_ = torch::zeros_like(curvature_);
    theta_[-1] = torch::logit(start);
}

LogisticRegression::Point LogisticRegression::at(const Tensor& theta, double l2) const {
    const auto logits = images_.mm(theta.to(torch::kFloat32));
    const auto losses = torch::softplus(logits) - targets_ * logits;
    const auto residual = shares_ * (torch::sigmoid(logits) - targets_);
    const auto weights = penalised_ * theta;
    return {theta, (shares_ * losses).sum(0, false, torch::kFloat64) + l2 / 2 * per_class_dot(weights, weights),
            images_.t().mm(residual).to(torch::kFloat64) + l2 * weights};
}

Tensor LogisticRegression::move(Point& now, const Tensor& direction, double l2) const {
    const auto slope = per_class_dot(direction, now.gradient);
    auto length = torch::ones_like(slope);
    auto accepted = torch::zeros_like(trained_);
    Point next;
    for (int attempt = 0; attempt < 20; ++attempt) {
        next = at(now.theta + length * direction, l2);
        const auto next_slope = per_class_dot(direction, next.gradient);
        // The problem is convex: if the function still falls, nothing was overshot. Beyond the minimum the slope must
        // have shrunk, and the value must not have risen by more than float32 sums can resolve.
        const auto shrunk = (next_slope <= -0.9 * slope).logical_and(next.value <= now.value + 1e-6 * now.value.abs());
        accepted = (next_slope <= 0).logical_or(shrunk);
        if (accepted.all().item<bool>()) break;
        const auto secant = (slope / (slope - next_slope)).clamp(0.1, 0.8);
        length = torch::where(accepted, length, length * secant);
    }
    now = {torch::where(accepted, next.theta, now.theta), torch::where(accepted, next.value, now.value),
           torch::where(accepted, next.gradient, now.gradient)};
    return accepted;
}

LogisticFit LogisticRegression::fit(double l2, std::int64_t iterations, double tolerance) {
    const torch::NoGradGuard no_grad;
    ensure(l2 > 0, "logistic regression needs l2 > 0");
    auto now = at(theta_, l2);
    Curvature inverse(1 / (curvature_ + l2 * penalised_).clamp_min(1e-12));
    auto active = trained_;
    LogisticFit result;
    for (;; ++result.iterations) {
        active = active.logical_and(now.gradient.norm(2, 0) > tolerance);
        if (result.iterations == iterations || !active.any().item<bool>()) break;
        const auto before = now;
        const auto moved = move(now, -inverse.times(now.gradient) * active, l2);
        inverse.add(now.theta - before.theta, now.gradient - before.gradient);
        active = active.logical_and(moved);
    }
    theta_ = now.theta;
    result.gradient = (now.gradient.norm(2, 0) * trained_).max().item<double>();
    const auto rank = axes_.size(1);
    result.weight = axes_.mm(theta_.narrow(0, 0, rank).to(torch::kFloat32));
    result.bias = torch::where(trained_, theta_[rank], torch::logit(prior_)).to(torch::kFloat32);
    return result;
}

} // namespace mlvicx
