#include "methods/unet.h"

#include "core/error.h"
#include "methods/device/deterministic.h"
#include "methods/device/device.h"
#include "methods/initialise.h"
#include "methods/resize.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

void add_convolution(torch::nn::Sequential& step, std::int64_t in, std::int64_t out) {
    step->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false)));
    step->push_back(torch::nn::BatchNorm2d(out));
    step->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

torch::Tensor resized(const torch::Tensor& x, torch::IntArrayRef size) {
    if (x.sizes().slice(2) == size) return x;
    if (!deterministic_algorithms()) return torch::upsample_bilinear2d(x, size, false);
    // On a GPU its gradient is a sum in whatever order; products of matrices give the same, and more slowly.
    const auto rows = line_weights(x.size(2), size[0], x.options()).to(x.scalar_type());
    const auto columns = line_weights(x.size(3), size[1], x.options()).to(x.scalar_type());
    return rows.t().matmul(x.matmul(columns));
}

} // namespace

UnetDecoder::UnetDecoder(const std::vector<std::int64_t>& channels, std::int64_t masks, std::int64_t width,
                         std::uint64_t seed) {
    ensure(channels.size() > 1 && masks > 0 && width > 0, "a U-Net needs two maps and a mask");
    std::int64_t in = channels.back(), out = 8 * width;
    for (std::size_t level = channels.size() - 1; level-- > 0;) {
        torch::nn::Sequential step;
        add_convolution(step, in + channels[level], out);
        add_convolution(step, out, out);
        steps_.push_back(register_module("step" + std::to_string(steps_.size() + 1), step));
        in = out;
        out = std::max(width, out / 2);
    }
    head_ = register_module("head", torch::nn::Conv2d(in, masks, 1));
    he_initialise(*this, seed);
}

torch::Tensor UnetDecoder::forward(const std::vector<torch::Tensor>& maps, std::int64_t size) {
    ensure(maps.size() == steps_.size() + 1, "a U-Net takes as many maps as it was made for");
    auto x = maps.back();
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto& skip = maps[steps_.size() - 1 - i];
        x = steps_[i]->forward(torch::cat({resized(x, skip.sizes().slice(2)).to(skip.scalar_type()), skip}, 1));
    }
    const NoAutocast full_precision;
    const auto logits = head_->forward(x.to(torch::kFloat32));
    return resized(logits, {size, size});
}

void UnetDecoder::begin_with(const torch::Tensor& shares) {
    const torch::NoGradGuard no_grad;
    head_->weight.zero_();
    head_->bias.copy_(torch::logit(shares));
}

} // namespace mlvicx
