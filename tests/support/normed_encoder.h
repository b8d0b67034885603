#pragma once

#include "methods/encoder.h"
#include "methods/kernels/batch_norm_add_relu.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

namespace mlvicx {

/// A small encoder with our batch norms, with and without something added: 16 features in milliseconds.
class NormedEncoder : public Encoder {
public:
    NormedEncoder()
        : first_(register_module("first", convolution(3, 8, 5))), norm_(register_module("norm", BatchNorm(8))),
          second_(register_module("second", convolution(8, 16, 3))),
          second_norm_(register_module("second_norm", BatchNorm(16))),
          skip_(register_module("skip", convolution(8, 16, 1))) {
        const torch::NoGradGuard no_grad;
        std::uint64_t stream = 70;
        for (const auto& layer : {first_, second_, skip_})
            layer->weight.copy_(0.3 * noise(layer->weight.sizes().vec(), stream++));
    }
    std::vector<torch::Tensor> maps(const torch::Tensor& images) override {
        const auto one = batch_norm_add_relu(norm_, first_(images), Activation::relu);
        return {one, batch_norm_add_relu(second_norm_, second_(one), Activation::relu, skip_(one))};
    }
    std::int64_t features() const override { return 16; }
    std::vector<std::int64_t> channels() const override { return {8, 16}; }
    std::string name() const override { return "normed"; }
    std::vector<std::string> last_stage() const override { return {"second", "second_norm", "skip"}; }
    std::shared_ptr<Encoder> another() const override { return std::make_shared<NormedEncoder>(); }

private:
    static torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel) {
        return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(2).padding(kernel / 2).bias(false));
    }
    torch::nn::Conv2d first_;
    BatchNorm norm_;
    torch::nn::Conv2d second_;
    BatchNorm second_norm_;
    torch::nn::Conv2d skip_;
};

} // namespace mlvicx
