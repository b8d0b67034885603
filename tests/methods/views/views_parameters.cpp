#include "methods/views/views_parameters.h"

#include "tests/support/catch.h"

#include <algorithm>
#include <vector>

using namespace mlvicx;

namespace {

ViewParameters drawn(const ViewRecipe& recipe, std::uint32_t image, std::int64_t size = 224) {
    Random random(5, Purpose::view, 0, image, 0);
    return draw_view(random, recipe, size);
}

} // namespace

TEST_CASE("views parameters: parameters are distributed as the recipe says", "[unit]") {
    ViewRecipe recipe;
    recipe.flip = 0.3, recipe.blur = 0.4, recipe.solarize = 0.2;
    constexpr int count = 20'000;
    constexpr double size = 224;
    double flips = 0, jitters = 0, brightness = 0, first = 0, blurs = 0, sigmas = 0, solarized = 0, down = 0;
    for (int image = 0; image < count; ++image) {
        const auto v = drawn(recipe, static_cast<std::uint32_t>(image));
        REQUIRE((v.top >= 0 && v.left >= 0 && v.height > 0 && v.width > 0));
        REQUIRE((v.top + v.height <= 224 && v.left + v.width <= 224));
        // Sides are rounded to pixels, so area and ratio may leave their ranges by that much.
        const auto height = static_cast<double>(v.height), width = static_cast<double>(v.width);
        REQUIRE((height + 0.5) * (width + 0.5) >= 0.08 * size * size);
        REQUIRE((width + 0.5) / (height - 0.5) >= 0.75);
        REQUIRE((width - 0.5) / (height + 0.5) <= 4.0 / 3);
        REQUIRE((v.brightness >= 0.6 && v.brightness <= 1.4 && v.contrast >= 0.6 && v.contrast <= 1.4));
        REQUIRE((v.sigma == 0 || (v.sigma >= 0.1 && v.sigma <= 2)));
        flips += v.flip, jitters += v.brightness != 1, brightness += v.brightness, first += v.brightness_first;
        blurs += v.sigma > 0, sigmas += v.sigma, solarized += v.solarize;
        down += static_cast<double>(v.top) / static_cast<double>(std::max<std::int64_t>(1, 224 - v.height));
    }
    // Five standard deviations of a fraction over 20 000 are at most 0.018.
    CHECK(flips / count == Approx(0.3).margin(0.018));
    CHECK(jitters / count == Approx(0.8).margin(0.018));
    CHECK(brightness / count == Approx(1).margin(0.01));
    CHECK(first / count == Approx(0.5).margin(0.018));
    CHECK(blurs / count == Approx(0.4).margin(0.018));
    CHECK(sigmas / blurs == Approx(1.05).margin(0.03));
    CHECK(solarized / count == Approx(0.2).margin(0.018));
    CHECK(down / count == Approx(0.5).margin(0.02));
}

TEST_CASE("views parameters: a square crop's area is uniform", "[unit]") {
    ViewRecipe recipe;
    recipe.ratio_low = recipe.ratio_high = 1;
    std::vector<double> tenths(10);
    for (std::uint32_t image = 0; image < 20'000; ++image) {
        const auto view = drawn(recipe, image, 1000);
        const double share = static_cast<double>(view.height * view.width) / 1e6;
        tenths[static_cast<std::size_t>(std::min(9.0, std::max(0.0, (share - 0.08) / 0.092)))] += 1.0 / 20'000;
    }
    for (const double share : tenths) CHECK(share == Approx(0.1).margin(0.011)); // five standard deviations
}

TEST_CASE("views parameters: if no crop fits, the central box is used", "[unit]") {
    ViewRecipe recipe;
    recipe.crop_low = 1;
    recipe.ratio_low = 2, recipe.ratio_high = 4;
    const auto wide = drawn(recipe, 0);
    CHECK((wide.width == 224 && wide.height == 112 && wide.left == 0 && wide.top == 56));
    recipe.ratio_low = 0.25, recipe.ratio_high = 0.5;
    const auto tall = drawn(recipe, 0);
    CHECK((tall.width == 112 && tall.height == 224 && tall.left == 56 && tall.top == 0));
}

TEST_CASE("views parameters: changing one setting changes no other draw", "[unit]") {
    ViewRecipe every;
    every.blur = every.solarize = every.jitter = 0.5;
    ViewRecipe other = every;
    other.blur = other.jitter = 0;
    other.crop_low = 0.9;
    for (std::uint32_t image = 0; image < 50; ++image) {
        const auto a = drawn(every, image), b = drawn(other, image);
        CHECK((a.flip == b.flip && a.solarize == b.solarize && a.brightness_first == b.brightness_first));
    }
}
