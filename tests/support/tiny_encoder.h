#pragma once

#include "methods/encoder.h"
#include "methods/kernels/grey_stem.h"

#include "tests/support/noise.h"

#include <torch/torch.h>

namespace mlvicx {

/// A small encoder of two convolutions with batch norm: 16 features in milliseconds. Its weights are a function of
/// `stream`.
class TinyEncoder : public Encoder {
public:
    explicit TinyEncoder(std::uint64_t stream = 50)
        : first_(register_module(
              "first", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 8, 5).stride(2).padding(2).bias(false)))),
          norm_(register_module("norm", torch::nn::BatchNorm2d(8))),
          second_(
              register_module("second", torch::nn::Conv2d(torch::nn::Conv2dOptions(8, 16, 3).stride(2).padding(1)))) {
        const torch::NoGradGuard no_grad;
        for (const auto& convolution : {first_, second_})
            convolution->weight.copy_(0.3 * noise(convolution->weight.sizes().vec(), stream++));
        second_->bias.zero_();
    }
    std::vector<torch::Tensor> maps(const torch::Tensor& images) override {
        const auto one = torch::relu(norm_(first_(images.size(1) == 1 ? three_channels(images) : images)));
        return {one, torch::relu(second_(one))};
    }
    std::int64_t features() const override { return 16; }
    std::vector<std::int64_t> channels() const override { return {8, 16}; }
    std::string name() const override { return "tiny"; }
    std::vector<std::string> last_stage() const override { return {"second"}; }
    std::shared_ptr<Encoder> another() const override { return std::make_shared<TinyEncoder>(); }

private:
    /// What encoder_input makes of grey images on a CPU; copies nothing to a GPU, as a recorded pass needs.
    static torch::Tensor three_channels(const torch::Tensor& grey) {
        std::vector<torch::Tensor> channels;
        for (std::size_t c = 0; c < 3; ++c) channels.push_back((grey - input_mean[c]) / input_deviation[c]);
        return torch::cat(channels, 1).contiguous(torch::MemoryFormat::ChannelsLast);
    }

    torch::nn::Conv2d first_;
    torch::nn::BatchNorm2d norm_;
    torch::nn::Conv2d second_;
};

/// Noisy images u8 [N, 32, 32]: class "stripes" has horizontal stripes, class "spot" a bright spot somewhere. The
/// labels i8 [N, 2] come from the same formula.
struct ToyImages {
    torch::Tensor images, labels;
    explicit ToyImages(std::int64_t count) : labels((noise({count, 2}, 60) > 0).to(torch::kInt8)) {
        auto grey = 110 + 25 * noise({count, 32, 32}, 61);
        const auto place = ((noise({count, 2}, 62) + 1) * 13).to(torch::kInt64);
        const auto stripes = 30 * torch::sin(torch::arange(32, torch::kFloat64) * 1.6).unsqueeze(1);
        for (std::int64_t i = 0; i < count; ++i) {
            if (labels[i][0].item<int>() == 1) grey[i] += stripes;
            if (labels[i][1].item<int>() == 1)
                grey[i].narrow(0, place[i][0].item<std::int64_t>(), 6).narrow(1, place[i][1].item<std::int64_t>(), 6) +=
                    90;
        }
        images = grey.clamp(0, 255).to(torch::kUInt8);
    }
};

} // namespace mlvicx
