#include "methods/pretrain/alignment.h"

#include "core/random.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>

namespace mlvicx {

namespace {

constexpr std::int64_t most_images = 128, chunk = 32;
constexpr auto no_epoch = std::numeric_limits<std::uint32_t>::max(); ///< keys random numbers unused in training

torch::Tensor centred(const torch::Tensor& rows) {
    const auto wide = rows.to(torch::kFloat64);
    return wide - wide.mean(0);
}

torch::Tensor unit(const torch::Tensor& rows) {
    return rows / rows.norm(2, 1, true).clamp_min(1e-300);
}

} // namespace

Alignment alignment_of(const torch::Tensor& first, const torch::Tensor& second) {
    const torch::NoGradGuard no_grad;
    const auto a = centred(first), b = centred(second);
    Alignment alignment;
    const double size = (a.norm() * b.norm()).item<double>();
    if (!(size > 0) || a.size(0) < 2) return alignment;
    alignment.correlation = (a * b).sum().item<double>() / size;
    const auto similar = unit(a).mm(unit(b).t());
    const auto own = similar.diag();
    const auto others = similar.masked_fill(torch::eye(a.size(0), similar.options()).to(torch::kBool), -2);
    alignment.nearest = (own > std::get<0>(others.max(1))).to(torch::kFloat64).mean().item<double>();
    return alignment;
}

FixedBatch::FixedBatch(ImagePool images, const std::vector<std::int64_t>& indices, const PretrainOptions& options,
                       const torch::Device& device)
    : images_(std::move(images)), options_(options), device_(device),
      precision_(precision_from(options.precision, device)), chosen_(indices) {
    Random random(static_cast<std::uint64_t>(options.seed), Purpose::order, no_epoch);
    shuffle(chosen_, random);
    chosen_.resize(std::min<std::size_t>(chosen_.size(), most_images));
}

template <typename Network>
std::pair<torch::Tensor, torch::Tensor> FixedBatch::both(torch::nn::Module& module, Network&& network) const {
    const torch::NoGradGuard no_grad; // not InferenceMode: as in extract_features
    const bool was_training = module.is_training();
    module.eval();
    std::vector<torch::Tensor> first, second;
    for (std::size_t begin = 0; begin < chosen_.size(); begin += chunk) {
        const std::vector<std::int64_t> part(chosen_.begin() + static_cast<std::ptrdiff_t>(begin),
                                             chosen_.begin() +
                                                 static_cast<std::ptrdiff_t>(std::min(begin + chunk, chosen_.size())));
        const auto images = images_.take({part, std::vector<std::int64_t>(part.size(), no_epoch)}, device_);
        const auto view = [&](const ViewRecipe& recipe, int number) {
            return encoder_input(
                images.views(recipe, options_.image_size, static_cast<std::uint64_t>(options_.seed), number));
        };
        const Autocast autocast(device_, precision_);
        const auto [a, b] = network(view(options_.view1, 0), view(options_.view2, 1));
        first.push_back(a.to(torch::kFloat32));
        second.push_back(b.to(torch::kFloat32));
    }
    module.train(was_training);
    return {torch::cat(first), torch::cat(second)};
}

Alignment FixedBatch::embeddings(Method& method) const {
    const auto [a, b] =
        both(method, [&](const auto& view1, const auto& view2) { return method.embeddings(view1, view2); });
    return alignment_of(a, b);
}

std::pair<torch::Tensor, torch::Tensor> FixedBatch::features(Encoder& encoder) const {
    return both(encoder, [&](const auto& view1, const auto& view2) {
        return std::pair(encoder.forward(view1), encoder.forward(view2));
    });
}

} // namespace mlvicx
