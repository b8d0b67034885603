#include "experiments/evaluation/heatmaps.h"

#include "core/error.h"

#include <torch/torch.h>

namespace mlvicx {

using torch::Tensor;

void fields(Fields& f, HeatmapOptions& options) {
    f.field("layer", options.layer, between(1, 5));
    f.field("tolerance", options.tolerance, between(0, 0.5));
}

Tensor class_activation_maps(const Tensor& last_map, const Tensor& weight) {
    return torch::einsum("nfhw,cf->nchw", {last_map.to(torch::kFloat32), weight});
}

Tensor grad_cam(Encoder& encoder, const LinearHead& head, const Tensor& input, std::int64_t layer,
                const std::vector<std::int64_t>& classes) {
    ensure(!encoder.is_training(), "Grad-CAM of an encoder in training mode");
    const torch::AutoGradMode with_gradient(true);
    const auto images = input.detach().requires_grad_(); // so that an encoder with frozen weights has a graph too
    const auto maps = encoder.maps(images);
    ensure(layer >= 1 && layer <= static_cast<std::int64_t>(maps.size()), "the encoder has no such map");
    const auto map = maps[static_cast<std::size_t>(layer - 1)];
    const auto features = maps.back().to(torch::kFloat32).mean({2, 3});
    std::vector<Tensor> result;
    for (const auto c : classes) {
        const auto weight = head.weight[c].to(features.device()).expand_as(features); // the logit's gradient there
        const auto gradient = torch::autograd::grad({features}, {map}, {weight}, true).front();
        const auto share = gradient.to(torch::kFloat32).mean({2, 3}, true);
        result.push_back(torch::relu((map.detach().to(torch::kFloat32) * share).sum(1)));
    }
    return torch::stack(result, 1);
}

Tensor heatmaps(Encoder& encoder, const LinearHead& head, const Tensor& images, const WantedHeatmaps& wanted,
                const Inference& inference) {
    const torch::NoGradGuard no_grad;
    const EvaluationMode mode(encoder);
    const bool last = wanted.layer == static_cast<std::int64_t>(encoder.channels().size());
    const auto weight = rows_of(head.weight, wanted.classes).to(inference.device);
    std::vector<Tensor> batches;
    for_each_batch("heatmaps", images, wanted.images, inference, [&](const auto& input, auto, auto count) {
        Tensor maps;
        {
            const Autocast autocast(inference.device, inference.precision);
            maps = last ? encoder.maps(input).back() : grad_cam(encoder, head, input, wanted.layer, wanted.classes);
        }
        if (last) maps = torch::relu(class_activation_maps(maps, weight));
        batches.push_back(maps.narrow(0, 0, count).cpu());
    });
    return torch::cat(batches);
}

std::vector<float> over_image(const Tensor& map, std::int64_t size) {
    const torch::NoGradGuard no_grad;
    const auto wide = torch::upsample_bilinear2d(map.to(torch::kFloat32).unsqueeze(0).unsqueeze(0),
                                                 std::vector<std::int64_t>{size, size}, false)
                          .contiguous();
    return {wide.data_ptr<float>(), wide.data_ptr<float>() + wide.numel()};
}

} // namespace mlvicx
