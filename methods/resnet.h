#pragma once

#include "methods/encoder.h"
#include "methods/kernels/batch_norm_add_relu.h"

namespace mlvicx {

/// ResNet-18 or -50 (He et al., CVPR 2016) with torchvision's structure, parameter names and initialisation, without
/// `fc`. Zero-initialised residual norms are off, torchvision's default.
class ResNet : public Encoder {
public:
    /// `name`: "resnet18" or "resnet50", else UserError.
    explicit ResNet(const std::string& name);
    std::vector<torch::Tensor> maps(const torch::Tensor& images) override;
    std::int64_t features() const override { return channels().back(); }
    std::vector<std::int64_t> channels() const override;
    std::string name() const override { return name_; }
    std::vector<std::string> last_stage() const override { return {"layer4"}; }
    std::shared_ptr<Encoder> another() const override { return std::make_shared<ResNet>(name_); }

    // The parts, for encoders that insert something between them.
    torch::Tensor stem(const torch::Tensor& images);    ///< convolution, norm, ReLU: [N, 64, H/2, W/2]
    torch::Tensor pool(const torch::Tensor& stem);      ///< 3x3 max-pool, stride 2
    torch::Tensor stage(int k, const torch::Tensor& x); ///< k = 1..4

private:
    std::string name_;
    bool bottleneck_;
    torch::nn::Conv2d conv1{nullptr};
    BatchNorm bn1{nullptr};
    std::vector<torch::nn::Sequential> stages_;
};

} // namespace mlvicx
