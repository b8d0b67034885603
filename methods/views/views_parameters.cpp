#include "methods/views/views_parameters.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

/// Random resized crop like torchvision's: ten tries at a box of random area and aspect ratio, then the largest central
/// box with an allowed ratio.
void draw_crop(Random& random, const ViewRecipe& recipe, std::int64_t size, ViewParameters& view) {
    const auto whole = static_cast<double>(size);
    const double ratio_low = std::log(recipe.ratio_low), ratio_high = std::log(recipe.ratio_high);
    for (int attempt = 0; attempt < 10; ++attempt) {
        const double area = whole * whole * random.uniform(recipe.crop_low, recipe.crop_high);
        const double ratio = std::exp(random.uniform(ratio_low, ratio_high));
        if (view.height > 0) continue; // already found: the numbers are still drawn
        const auto width = std::llround(std::sqrt(area * ratio)), height = std::llround(std::sqrt(area / ratio));
        if (width > 0 && height > 0 && width <= size && height <= size) view.width = width, view.height = height;
    }
    const double down = random.uniform(), right = random.uniform();
    if (view.height > 0) {
        view.top = static_cast<std::int64_t>(down * static_cast<double>(size - view.height + 1));
        view.left = static_cast<std::int64_t>(right * static_cast<double>(size - view.width + 1));
        return;
    }
    view.width = recipe.ratio_high < 1 ? std::llround(whole * recipe.ratio_high) : size;
    view.height = recipe.ratio_low > 1 ? std::llround(whole / recipe.ratio_low) : size;
    view.top = (size - view.height) / 2;
    view.left = (size - view.width) / 2;
}

double draw_factor(Random& random, double strength) {
    return random.uniform(std::max(0.0, 1 - strength), 1 + strength);
}

} // namespace

ViewParameters draw_view(Random& random, const ViewRecipe& recipe, std::int64_t image_size) {
    ViewParameters view;
    draw_crop(random, recipe, image_size, view);
    view.flip = random.chance(recipe.flip);
    const bool jitter = random.chance(recipe.jitter);
    const double brightness = draw_factor(random, recipe.brightness), contrast = draw_factor(random, recipe.contrast);
    if (jitter) view.brightness = brightness, view.contrast = contrast;
    view.brightness_first = random.chance(0.5);
    const bool blur = random.chance(recipe.blur);
    const double sigma = random.uniform(recipe.blur_sigma_low, recipe.blur_sigma_high);
    if (blur) view.sigma = sigma;
    view.solarize = random.chance(recipe.solarize);
    return view;
}

ViewParameters drawn_view(const ViewRecipe& recipe, std::int64_t image_size, std::int64_t image, const ViewKey& key) {
    Random random(key.seed, Purpose::view, static_cast<std::uint32_t>(key.epoch), static_cast<std::uint32_t>(image),
                  static_cast<std::uint16_t>(key.view));
    return draw_view(random, recipe, image_size);
}

} // namespace mlvicx
