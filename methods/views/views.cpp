#include "methods/views/views.h"

#include "core/error.h"
#include "methods/device/device.h"
#include "methods/kernels/grey_stem.h"
#include "methods/views/views_gpu.h"
#include "methods/views/views_parameters.h"
#include "methods/views/views_resample.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

void fields(Fields& f, ViewRecipe& recipe) {
    f.field("crop_low", recipe.crop_low, share());
    f.field("crop_high", recipe.crop_high, share());
    f.field("ratio_low", recipe.ratio_low, above(0));
    f.field("ratio_high", recipe.ratio_high, above(0));
    f.field("interpolation", recipe.interpolation, {"bicubic", "bilinear"});
    f.field("flip", recipe.flip, between(0, 1));
    f.field("jitter", recipe.jitter, between(0, 1));
    f.field("brightness", recipe.brightness, at_least(0));
    f.field("contrast", recipe.contrast, at_least(0));
    f.field("blur", recipe.blur, between(0, 1));
    f.field("blur_sigma_low", recipe.blur_sigma_low, above(0));
    f.field("blur_sigma_high", recipe.blur_sigma_high, above(0));
    f.field("solarize", recipe.solarize, between(0, 1));
    f.field("solarize_threshold", recipe.solarize_threshold, between(0, 1));
}

void require_valid(const ViewRecipe& recipe, const std::string& name) {
    const auto ordered = [&](const char* what, double low, double high) {
        if (low > high)
            user_error("{}: {}_low is {}, expected at most {}_high, which is {}", name, what, low, what, high);
    };
    ordered("crop", recipe.crop_low, recipe.crop_high);
    ordered("ratio", recipe.ratio_low, recipe.ratio_high);
    ordered("blur_sigma", recipe.blur_sigma_low, recipe.blur_sigma_high);
}

namespace {

using Views = std::vector<ViewParameters>;

/// One number per image as [B, 1, 1], for broadcasting.
template <typename Value> torch::Tensor per_image(const Views& views, const torch::Device& device, Value&& value) {
    auto result = torch::empty({static_cast<std::int64_t>(views.size()), 1, 1}, torch::kFloat32);
    auto* data = result.data_ptr<float>();
    for (const auto& view : views) *data++ = static_cast<float>(value(view));
    return sent_to(result, device);
}

void require_images(const torch::Tensor& images) {
    ensure(images.scalar_type() == torch::kUInt8 && images.dim() == 3 && images.size(1) == images.size(2),
           "images must be u8 [B, S, S]");
}

/// 0..1 from u8.
torch::Tensor grey(const torch::Tensor& images) {
    require_images(images);
    return images.to(torch::kFloat32).div_(255);
}

/// The matrices that crop and flip: rows x image x columns, both [B, size, S].
struct Resampling {
    torch::Tensor rows, columns;
    Resampling(const Views& views, std::int64_t from, std::int64_t to, Interpolation kind,
               const torch::Device& device) {
        std::vector<Stretch> vertical, horizontal;
        for (const auto& view : views) {
            vertical.push_back({view.top, view.height, false});
            horizontal.push_back({view.left, view.width, view.flip});
        }
        rows = resampling_matrices(vertical, from, to, kind, device);
        columns = resampling_matrices(horizontal, from, to, kind, device);
    }
};

torch::Tensor crop_and_flip(const torch::Tensor& x, const Views& views, const ViewRecipe& recipe, std::int64_t size) {
    const Resampling by(views, x.size(1), size, interpolation_of(recipe), x.device());
    return by.rows.bmm(x).bmm(by.columns.transpose(1, 2)).clamp_(0, 1); // bicubic overshoots at edges
}

/// In place. A factor of one, which images without jitter have, changes no bit.
void jitter(torch::Tensor& x, const Views& views) {
    const auto device = x.device();
    const auto active = [](const auto& view) { return view.brightness != 1 || view.contrast != 1; };
    if (std::none_of(views.begin(), views.end(), active)) return;
    x.mul_(per_image(views, device, [](const auto& v) { return v.brightness_first ? v.brightness : 1; })).clamp_(0, 1);
    const auto contrast = per_image(views, device, [](const auto& v) { return v.contrast; });
    // Row means first: each sum is then within one image's row, in an order that neither batch nor threads change.
    const auto mean = x.mean(2, true).mean(1, true);
    x.mul_(contrast).add_(mean.mul(1 - contrast)).clamp_(0, 1);
    x.mul_(per_image(views, device, [](const auto& v) { return v.brightness_first ? 1 : v.brightness; })).clamp_(0, 1);
}

/// Blurs the images for which a blur was drawn.
torch::Tensor blur(const torch::Tensor& x, const Views& views) {
    std::vector<std::int64_t> chosen;
    std::vector<double> sigmas;
    const std::int64_t size = x.size(1);
    for (std::size_t b = 0; b < views.size(); ++b) {
        if (views[b].sigma <= 0) continue;
        chosen.push_back(static_cast<std::int64_t>(b));
        sigmas.push_back(views[b].sigma * static_cast<double>(size) / 224);
    }
    const auto radius = blur_radius(size);
    if (chosen.empty() || radius == 0) return x;
    const auto matrices = blur_matrices(sigmas, size, radius, x.device());
    const auto blurred = [&](const torch::Tensor& y) { return matrices.bmm(y).bmm(matrices.transpose(1, 2)); };
    if (chosen.size() == views.size()) return blurred(x).clamp_(0, 1);
    const auto index = sent_to(torch::tensor(chosen, torch::kInt64), x.device());
    return x.index_copy(0, index, blurred(x.index_select(0, index)).clamp_(0, 1));
}

torch::Tensor solarize(const torch::Tensor& x, const Views& views, double threshold) {
    if (std::none_of(views.begin(), views.end(), [](const auto& view) { return view.solarize; })) return x;
    const auto drawn = per_image(views, x.device(), [](const auto& view) { return view.solarize ? 1 : 0; });
    return torch::where(drawn.gt(0).logical_and(x.ge(threshold)), 1 - x, x);
}

} // namespace

torch::Tensor apply_views(const torch::Tensor& images, const Views& views, const ViewRecipe& recipe,
                          std::int64_t size) {
    const torch::NoGradGuard no_gradient;
    const NoAutocast full_precision;
    ensure(images.size(0) == static_cast<std::int64_t>(views.size()), "every image needs its view");
    require_images(images);
    if (views_run_on_gpu(images)) {
        const bool blurs = std::any_of(views.begin(), views.end(), [](const auto& view) { return view.sigma > 0; });
        return views_on_gpu(images, sent_views(views, size, images.device()), blurs, recipe, size);
    }
    auto x = crop_and_flip(grey(images), views, recipe, size);
    jitter(x, views);
    x = blur(x, views);
    return solarize(x, views, recipe.solarize_threshold).unsqueeze(1);
}

torch::Tensor apply_views_to_masks(const torch::Tensor& masks, const Views& views, std::int64_t size) {
    const torch::NoGradGuard no_gradient;
    const NoAutocast full_precision;
    ensure(masks.scalar_type() == torch::kUInt8 && masks.dim() == 4 && masks.size(2) == masks.size(3),
           "masks must be u8 [B, M, S, S]");
    ensure(masks.size(0) == static_cast<std::int64_t>(views.size()), "every image's masks need its view");
    // Always bilinear: bicubic weights would put dark and bright rims around a mask.
    const Resampling by(views, masks.size(2), size, Interpolation::bilinear, masks.device());
    const auto x = masks.to(torch::kFloat32).div_(255);
    return torch::matmul(torch::matmul(by.rows.unsqueeze(1), x), by.columns.transpose(1, 2).unsqueeze(1)).clamp_(0, 1);
}

namespace {

Views drawn_views(const ViewRecipe& recipe, std::int64_t image_size, const std::vector<std::int64_t>& indices,
                  const ViewKey& key) {
    Views views;
    for (const std::int64_t index : indices) views.push_back(drawn_view(recipe, image_size, index, key));
    return views;
}

} // namespace

torch::Tensor make_views(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                         const ViewRecipe& recipe, std::int64_t size, const ViewKey& key) {
    return apply_views(images, drawn_views(recipe, images.size(1), indices, key), recipe, size);
}

torch::Tensor make_mask_views(const torch::Tensor& masks, const std::vector<std::int64_t>& indices,
                              const ViewRecipe& recipe, std::int64_t size, const ViewKey& key) {
    return apply_views_to_masks(masks, drawn_views(recipe, masks.size(2), indices, key), size);
}

torch::Tensor plain_view(const torch::Tensor& images, std::int64_t size) {
    const torch::NoGradGuard no_gradient;
    const NoAutocast full_precision;
    const auto x = grey(images);
    const std::int64_t from = x.size(1);
    if (from == size) return x.unsqueeze(1);
    const auto matrix = resampling_matrices({{0, from, false}}, from, size, Interpolation::bilinear, x.device())[0];
    return torch::matmul(torch::matmul(matrix, x), matrix.t()).clamp_(0, 1).unsqueeze(1);
}

torch::Tensor encoder_input(const torch::Tensor& grey) {
    if (stem_takes_grey(grey.device())) return grey;
    const auto of_channels = [&](const std::array<double, 3>& numbers) {
        return sent_to(torch::tensor(at::ArrayRef<double>(numbers), torch::kFloat32), grey.device());
    };
    const auto centre = of_channels(input_mean), spread = of_channels(input_deviation);
    // Channels are created as the last axis, so the result is channels-last without a copy.
    return grey.squeeze(1).unsqueeze(3).sub(centre).div_(spread).permute({0, 3, 1, 2});
}

std::vector<torch::Tensor> begin_encoder_input(const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                                               const ViewRecipe& recipe, std::int64_t size, const ViewKey& key) {
    if (!views_run_on_gpu(images) || !stem_takes_grey(images.device()))
        return {encoder_input(make_views(images, indices, recipe, size, key))};
    return {images, sent_views(drawn_views(recipe, images.size(1), indices, key), size, images.device())};
}

torch::Tensor finish_encoder_input(const std::vector<torch::Tensor>& begun, const ViewRecipe& recipe,
                                   std::int64_t size) {
    if (begun.size() == 1) return begun.front();
    const torch::NoGradGuard no_gradient;
    return encoder_input(views_on_gpu(begun.at(0), begun.at(1), recipe.blur > 0, recipe, size));
}

} // namespace mlvicx
