#include "methods/resnet.h"

#include "core/error.h"
#include "methods/kernels/batch_norm_add_relu.h"
#include "methods/kernels/convolve.h"
#include "methods/kernels/grey_stem.h"
#include "methods/kernels/max_pool.h"
#include "methods/kernels/stem_convolution.h"

#include <torch/torch.h>

#include <array>

namespace mlvicx {
namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    auto options = torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false);
    torch::nn::Conv2d conv(options);
    torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
    return conv;
}

/// Both residual blocks: two 3x3 convolutions, or 1x1, 3x3 and a widening 1x1 with the stride in the middle one. The
/// names are torchvision's (conv1, bn1, conv2, ...).
class Block : public torch::nn::Module {
public:
    Block(bool bottleneck, std::int64_t in, std::int64_t width, std::int64_t stride) {
        const auto out = bottleneck ? 4 * width : width;
        if (bottleneck) {
            add(in, width, 1, 1);
            add(width, width, 3, stride);
            add(width, out, 1, 1);
        } else {
            add(in, width, 3, stride);
            add(width, width, 3, 1);
        }
        if (stride != 1 || in != out) {
            shrink_ = convolution(in, out, 1, stride);
            shrink_norm_ = BatchNorm(out);
            register_module("downsample", torch::nn::Sequential(shrink_, shrink_norm_));
        }
    }

    torch::Tensor forward(const torch::Tensor& x) {
        const auto convolved = [&](std::size_t i, const torch::Tensor& map) {
            return convolve(map, convs_[i]->weight, strides_[i]);
        };
        auto y = x;
        const auto last = convs_.size() - 1;
        for (std::size_t i = 0; i < last; ++i) y = batch_norm_add_relu(norms_[i], convolved(i, y), Activation::relu);
        const auto skipped = shrink_.is_empty() ? x : batch_norm_add_relu(shrink_norm_, shrink_->forward(x));
        return batch_norm_add_relu(norms_[last], convolved(last, y), Activation::relu, skipped);
    }

private:
    void add(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
        const auto number = std::to_string(convs_.size() + 1);
        convs_.push_back(register_module("conv" + number, convolution(in, out, kernel, stride)));
        strides_.push_back(stride);
        norms_.push_back(register_module("bn" + number, BatchNorm(out)));
    }

    std::vector<torch::nn::Conv2d> convs_;
    std::vector<std::int64_t> strides_;
    std::vector<BatchNorm> norms_;
    torch::nn::Conv2d shrink_{nullptr};
    BatchNorm shrink_norm_{nullptr};
};

} // namespace

ResNet::ResNet(const std::string& name) : name_(name), bottleneck_(name == "resnet50") {
    if (name != "resnet18" && name != "resnet50")
        user_error("unknown encoder \"{}\": expected resnet18 or resnet50", name);
    const auto blocks = bottleneck_ ? std::array{3, 4, 6, 3} : std::array{2, 2, 2, 2};

    conv1 = register_module("conv1", convolution(3, 64, 7, 2));
    bn1 = register_module("bn1", BatchNorm(64));
    std::int64_t in = 64;
    for (int k = 0; k < 4; ++k) {
        const std::int64_t width = 64 << k;
        torch::nn::Sequential stage;
        for (int b = 0; b < blocks[static_cast<std::size_t>(k)]; ++b) {
            stage->push_back(std::make_shared<Block>(bottleneck_, in, width, k > 0 && b == 0 ? 2 : 1));
            in = bottleneck_ ? 4 * width : width;
        }
        stages_.push_back(register_module("layer" + std::to_string(k + 1), stage));
    }
}

std::vector<std::int64_t> ResNet::channels() const {
    if (bottleneck_) return {64, 256, 512, 1024, 2048};
    return {64, 64, 128, 256, 512};
}

torch::Tensor ResNet::stem(const torch::Tensor& images) {
    const auto convolved =
        images.size(1) == 1 ? grey_stem_convolution(images, conv1->weight) : stem_convolution(images, conv1->weight);
    return batch_norm_add_relu(bn1, convolved, Activation::relu);
}

torch::Tensor ResNet::pool(const torch::Tensor& stem) {
    return max_pool(stem);
}

torch::Tensor ResNet::stage(int k, const torch::Tensor& x) {
    return stages_.at(static_cast<std::size_t>(k - 1))->forward(x);
}

std::vector<torch::Tensor> ResNet::maps(const torch::Tensor& images) {
    std::vector<torch::Tensor> result{stem(images)};
    auto x = pool(result[0]);
    for (int k = 1; k <= 4; ++k) result.push_back(x = stage(k, x));
    return result;
}

} // namespace mlvicx
