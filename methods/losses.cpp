#include "methods/losses.h"

#include "core/error.h"
#include "methods/device/device.h"
#include "methods/device/shared_batch.h"

#include <torch/torch.h>

#include <limits>

namespace mlvicx {

namespace {

/// The whole batch's embeddings, in float32 or wider.
torch::Tensor raised(const torch::Tensor& z) {
    const auto all = whole_batch(z.scalar_type() == torch::kFloat64 ? z : z.to(torch::kFloat32));
    ensure(all.dim() == 2 && all.size(0) > 1, "a loss needs embeddings [N, D] with N > 1");
    return all;
}

void same_shape(const torch::Tensor& a, const torch::Tensor& b) {
    ensure(a.sizes() == b.sizes(), "a loss needs embeddings of equal shape");
}

torch::Tensor centred(const torch::Tensor& z) {
    return z - z.mean(0, true);
}

/// Sum of the squared off-diagonal entries of the symmetric matrix `c`. From its upper half only, so nothing cancels.
torch::Tensor off_diagonal_of_symmetric(const torch::Tensor& c) {
    return 2 * c.triu(1).square().sum();
}

/// Sum of all squared entries minus the diagonal's, from the N x N Gram matrix: ||Z^T Z||_F = ||Z Z^T||_F. The
/// difference can cancel, so it is taken in float64; with N < D this is negligible compared with the head's own
/// products.
torch::Tensor off_diagonal_by_gram(const torch::Tensor& z) {
    const auto wide = z.to(torch::kFloat64);
    const auto gram = wide.mm(wide.t());
    return (gram.square().sum() - wide.square().sum(0).square().sum()).to(z.scalar_type());
}

torch::Tensor covariance_of(const torch::Tensor& z) { // z centred
    const auto n = z.size(0), d = z.size(1);
    if (n < d) return off_diagonal_by_gram(z) / (static_cast<double>(n - 1) * static_cast<double>(n - 1)) / d;
    return off_diagonal_of_symmetric(z.t().mm(z) / (n - 1)) / d;
}

torch::Tensor hinge_of(const torch::Tensor& z) { // z centred
    const auto variance = z.square().sum(0) / (z.size(0) - 1);
    return torch::relu(1 - torch::sqrt(variance + 1e-4)).mean();
}

torch::Tensor batch_normalised(const torch::Tensor& z) {
    const auto c = centred(z);
    return c * torch::rsqrt(c.square().mean(0, true) + 1e-5);
}

torch::Tensor unit_rows(const torch::Tensor& z) {
    return torch::nn::functional::normalize(z, torch::nn::functional::NormalizeFuncOptions().dim(1));
}

} // namespace

torch::Tensor covariance_penalty(const torch::Tensor& z) {
    const NoAutocast full_precision; // autocast would run the matrix products in bf16
    return covariance_of(centred(raised(z)));
}

torch::Tensor variance_penalty(const torch::Tensor& z) {
    const NoAutocast full_precision;
    return hinge_of(centred(raised(z)));
}

Loss vicreg_loss(const torch::Tensor& a, const torch::Tensor& b, const VicregWeights& weights) {
    const NoAutocast full_precision;
    same_shape(a, b);
    const auto x = raised(a), y = raised(b);
    const auto xc = centred(x), yc = centred(y);
    Loss loss;
    const auto add = [&](const char* name, double weight, auto&& term) {
        const torch::AutoGradMode gradient(weight != 0 && torch::GradMode::is_enabled());
        const torch::Tensor value = term();
        loss.terms.emplace_back(name, value);
        if (weight != 0) loss.value = loss.value.defined() ? loss.value + weight * value : weight * value;
    };
    add("invariance", weights.invariance, [&] { return (x - y).square().mean(); });
    add("variance", weights.variance, [&] { return (hinge_of(xc) + hinge_of(yc)) / 2; });
    add("covariance", weights.covariance, [&] { return covariance_of(xc) + covariance_of(yc); });
    if (!loss.value.defined()) loss.value = torch::zeros({}, x.options());
    return loss;
}

Loss barlow_twins_loss(const torch::Tensor& a, const torch::Tensor& b, double lambda) {
    const NoAutocast full_precision;
    same_shape(a, b);
    const auto x = batch_normalised(raised(a)), y = batch_normalised(raised(b));
    const auto n = x.size(0), d = x.size(1);
    torch::Tensor diagonal, off;
    if (2 * n < d) { // two N x N products instead of one D x D
        const auto wx = x.to(torch::kFloat64), wy = y.to(torch::kFloat64);
        diagonal = (wx * wy).sum(0) / n;
        const auto all = (wx.mm(wx.t()) * wy.mm(wy.t())).sum() / (static_cast<double>(n) * static_cast<double>(n));
        off = (all - diagonal.square().sum()).to(x.scalar_type());
    } else {
        const auto c = x.t().mm(y) / n;
        diagonal = c.diagonal();
        off = (c - torch::diag_embed(diagonal)).square().sum();
    }
    const auto on = (diagonal - 1).square().sum().to(x.scalar_type());
    return {on + lambda * off, {{"on_diagonal", on}, {"off_diagonal", off}}};
}

Loss nt_xent_loss(const torch::Tensor& a, const torch::Tensor& b, double temperature) {
    const NoAutocast full_precision;
    same_shape(a, b);
    const auto z = torch::cat({unit_rows(raised(a)), unit_rows(raised(b))});
    const auto n = z.size(0) / 2;
    const auto self = torch::eye(2 * n, torch::dtype(torch::kBool).device(z.device()));
    const auto logits = (z.mm(z.t()) / temperature).masked_fill(self, -std::numeric_limits<double>::infinity());
    const auto partner = torch::arange(2 * n, torch::dtype(torch::kLong).device(z.device())).roll(n);
    const auto value = torch::nn::functional::cross_entropy(logits, partner);
    return {value, {{"nt_xent", value}}};
}

Loss byol_loss(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& t1, const torch::Tensor& t2) {
    const NoAutocast full_precision;
    same_shape(p1, t2);
    same_shape(p2, t1);
    const auto distance = [](const torch::Tensor& prediction, const torch::Tensor& target) {
        return (unit_rows(raised(prediction)) - unit_rows(raised(target.detach()))).square().sum(1).mean();
    };
    return {distance(p1, t2) + distance(p2, t1), {}};
}

} // namespace mlvicx
