#include "experiments/evaluation/features.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "methods/views/images.h"
#include "methods/views/views.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

torch::Tensor rows_of(const torch::Tensor& tensor, const std::vector<std::int64_t>& indices) {
    return take_images(tensor, indices, tensor.device());
}

void for_each_batch(
    const char* label, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
    const Inference& inference,
    const std::function<void(const torch::Tensor& input, std::int64_t begin, std::int64_t count)>& work) {
    const auto count = static_cast<std::int64_t>(indices.size());
    const std::int64_t batch = inference.batch > 0 ? inference.batch : inference.device.is_cuda() ? 256 : 32;
    Progress progress(label, count, "images");
    for (std::int64_t begin = 0; begin < count; begin += batch) {
        if (interrupted()) throw Interrupted{};
        const auto size = std::min(batch, count - begin);
        std::vector<std::int64_t> chosen(static_cast<std::size_t>(batch), indices[static_cast<std::size_t>(begin)]);
        std::copy_n(indices.begin() + begin, size, chosen.begin());
        const auto taken = take_images(images, chosen, inference.device);
        work(encoder_input(plain_view(taken, inference.image_size)), begin, size);
        progress.advance(size);
    }
}

torch::Tensor extract_features(Encoder& encoder, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                               const Inference& inference) {
    const torch::NoGradGuard no_grad; // not InferenceMode: autocast may keep cast weights for later training
    const EvaluationMode mode(encoder);
    auto features =
        torch::empty({static_cast<std::int64_t>(indices.size()), encoder.features()}, torch::device(inference.device));
    for_each_batch("features", images, indices, inference, [&](const auto& input, auto begin, auto size) {
        torch::Tensor output;
        {
            const Autocast autocast(inference.device, inference.precision);
            output = encoder.forward(input);
        }
        features.narrow(0, begin, size).copy_(output.narrow(0, 0, size));
    });
    const auto finite = features.isfinite().all(1);
    if (!finite.all().item<bool>())
        user_error(
            "the encoder's features of {} of {} images are not finite numbers; expected finite ones, so its weights "
            "are too large or damaged",
            features.size(0) - finite.sum().item<std::int64_t>(), features.size(0));
    return features;
}

void count_features(const torch::Tensor& varying, json::object& details) {
    details["features"] = varying.numel();
    details["dead_features"] = varying.numel() - varying.sum().item<std::int64_t>();
}

} // namespace mlvicx
