#include "tests/support/emulated_kernels.h"

#include "methods/views/views.h"

#include "core/config.h"
#include "core/error.h"
#include "core/json.h"
#include "methods/device/device.h"
#include "methods/views/views_parameters.h"
#include "methods/views/views_resample.h"

#include "tests/support/catch.h"

#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

using namespace mlvicx;

namespace {

const json::object& reference() {
    static const json::value file = read_json(MLVICX_TEST_DATA "/views.json");
    return file.as_object();
}

torch::Tensor numbers_in(const json::value& list, const std::vector<std::int64_t>& shape) {
    return torch::tensor(json::value_to<std::vector<double>>(list), torch::kFloat64).reshape(shape);
}

ViewParameters parameters_in(const json::object& p) {
    ViewParameters view;
    view.top = p.at("top").to_number<std::int64_t>();
    view.left = p.at("left").to_number<std::int64_t>();
    view.height = p.at("height").to_number<std::int64_t>();
    view.width = p.at("width").to_number<std::int64_t>();
    view.flip = p.at("flip").as_bool();
    view.brightness = p.at("brightness").to_number<double>();
    view.contrast = p.at("contrast").to_number<double>();
    view.brightness_first = p.at("brightness_first").as_bool();
    view.sigma = p.at("sigma").to_number<double>();
    view.solarize = p.at("solarize").as_bool();
    return view;
}

double distance(const torch::Tensor& a, const torch::Tensor& b) {
    return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

torch::Tensor some_images(std::int64_t count, std::int64_t size) {
    torch::manual_seed(11);
    return torch::randint(0, 256, {count, size, size}, torch::kUInt8);
}

std::vector<std::int64_t> counting(std::int64_t count) {
    std::vector<std::int64_t> result;
    for (std::int64_t i = 0; i < count; ++i) result.push_back(i);
    return result;
}

/// Every operation is frequent.
ViewRecipe busy() {
    ViewRecipe recipe;
    recipe.blur = recipe.solarize = recipe.jitter = 0.5;
    return recipe;
}

/// The whole image, unchanged.
ViewRecipe idle() {
    ViewRecipe recipe;
    recipe.crop_low = recipe.ratio_low = recipe.ratio_high = 1;
    recipe.flip = recipe.jitter = recipe.blur = recipe.solarize = 0;
    return recipe;
}

/// What makes the views: the CPU's operations, or a GPU's kernels, which run here.
struct Maker {
    bool kernels = GENERATE(false, true);
    EmulatedGpu gpu{kernels};
};

} // namespace

TEST_CASE("views: every operation gives torchvision's values", "[reference]") {
    const Maker maker;
    const auto image_size = reference().at("image_size").to_number<std::int64_t>();
    const auto image = numbers_in(reference().at("image"), {1, image_size, image_size}).to(torch::kUInt8);
    for (const auto& item : reference().at("cases").as_array()) {
        const auto& one = item.as_object();
        CAPTURE(json::value_to<std::string>(one.at("name")));
        ViewRecipe recipe;
        recipe.interpolation = json::value_to<std::string>(one.at("interpolation"));
        recipe.solarize_threshold = one.at("solarize_threshold").to_number<double>();
        const auto size = one.at("size").to_number<std::int64_t>();
        const auto view = apply_views(image, {parameters_in(one.at("parameters").as_object())}, recipe, size);
        CHECK(distance(view, numbers_in(one.at("view"), {1, 1, size, size})) < 2e-6);
    }
}

TEST_CASE("views: a wide blur reflects at the edges as torchvision's", "[reference]") {
    const auto& blur = reference().at("blur").as_object();
    const auto image_size = reference().at("image_size").to_number<std::int64_t>();
    const auto size = blur.at("size").to_number<std::int64_t>();
    const auto image =
        numbers_in(reference().at("image"), {image_size, image_size}).slice(0, 0, size).slice(1, 0, size);
    const auto matrix = blur_matrices({blur.at("sigma").to_number<double>()}, size,
                                      blur.at("radius").to_number<std::int64_t>(), torch::kCPU)[0]
                            .to(torch::kFloat64);
    CHECK(distance(matrix.mm(image / 255).mm(matrix.t()), numbers_in(blur.at("blurred"), {size, size})) < 1e-6);
}

TEST_CASE("views: an image's view depends on neither batch, order nor threads, to the bit", "[unit]") {
    const Maker maker;
    for (const std::int64_t image_size : {61, 96}) {
        const auto images = some_images(9, image_size);
        const int threads = at::get_num_threads();
        at::set_num_threads(2);
        const auto together = make_views(images, counting(9), busy(), 64, {3, 2, 1});
        const auto order = std::vector<std::int64_t>{7, 2, 5, 0};
        const auto some = make_views(images.index_select(0, torch::tensor(order)), order, busy(), 64, {3, 2, 1});
        at::set_num_threads(1);
        const auto single = make_views(images, counting(9), busy(), 64, {3, 2, 1});
        std::vector<torch::Tensor> alone;
        for (std::int64_t i = 0; i < 9; ++i)
            alone.push_back(make_views(images.slice(0, i, i + 1), {i}, busy(), 64, {3, 2, 1}));
        at::set_num_threads(threads);
        CHECK(torch::equal(together, single));
        CHECK(torch::equal(together, torch::cat(alone)));
        CHECK(torch::equal(together.index_select(0, torch::tensor(order)), some));
    }
}

TEST_CASE("views: seed, epoch, image and view each change what is drawn", "[unit]") {
    const auto image = some_images(1, 48);
    const auto base = make_views(image, {4}, ViewRecipe{}, 32, {1, 2, 0});
    CHECK(torch::equal(base, make_views(image, {4}, ViewRecipe{}, 32, {1, 2, 0})));
    CHECK_FALSE(torch::equal(base, make_views(image, {4}, ViewRecipe{}, 32, {9, 2, 0})));
    CHECK_FALSE(torch::equal(base, make_views(image, {4}, ViewRecipe{}, 32, {1, 3, 0})));
    CHECK_FALSE(torch::equal(base, make_views(image, {5}, ViewRecipe{}, 32, {1, 2, 0})));
    CHECK_FALSE(torch::equal(base, make_views(image, {4}, ViewRecipe{}, 32, {1, 2, 1})));
}

TEST_CASE("views: without operations the image itself, with a flip its mirror image", "[unit]") {
    const Maker maker;
    const auto images = some_images(3, 40);
    const auto plain = images.to(torch::kFloat32).div(255).unsqueeze(1);
    auto recipe = idle();
    CHECK(torch::equal(make_views(images, counting(3), recipe, 40, {0, 0, 0}), plain));
    CHECK(torch::equal(plain_view(images, 40), plain));
    recipe.flip = 1;
    CHECK(torch::equal(make_views(images, counting(3), recipe, 40, {0, 0, 0}), plain.flip(3)));
}

TEST_CASE("views: values stay within 0 and 1, and autocast does not touch them", "[unit]") {
    const Maker maker;
    const auto edges = (some_images(6, 50) > 127).to(torch::kUInt8) * 255; // black and white: bicubic overshoots
    const auto views = make_views(edges, counting(6), busy(), 64, {0, 0, 0});
    CHECK((views.min().item<float>() >= 0 && views.max().item<float>() <= 1));
    CHECK_FALSE(views.requires_grad());
    const Autocast autocast(torch::kCPU, Precision::bf16);
    CHECK(torch::equal(views, make_views(edges, counting(6), busy(), 64, {0, 0, 0})));
}

TEST_CASE("views: the plain view keeps flat areas and the mean", "[unit]") {
    CHECK(distance(plain_view(torch::full({2, 50, 50}, 51, torch::kUInt8), 32), torch::full({2, 1, 32, 32}, 0.2)) <
          1e-6);
    const auto images = some_images(2, 64);
    const auto small = plain_view(images, 16);
    CHECK((small.sizes() == torch::IntArrayRef{2, 1, 16, 16}));
    CHECK(distance(small.mean(), images.to(torch::kFloat32).div(255).mean()) < 0.01);
}

TEST_CASE("views: the encoder's input is ImageNet's normalisation of three equal channels", "[unit]") {
    const auto grey = torch::rand({2, 1, 5, 7});
    const auto input = encoder_input(grey);
    CHECK((input.sizes() == torch::IntArrayRef{2, 3, 5, 7}));
    CHECK(input.is_contiguous(torch::MemoryFormat::ChannelsLast));
    const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
    for (int c = 0; c < 3; ++c)
        CHECK(distance(input.select(1, c), (grey.select(1, 0) - mean[c]) / deviation[c]) < 1e-6);
}

TEST_CASE("views: a GPU's kernels make the views of the CPU, whichever thread of a block comes first", "[unit]") {
    const std::string interpolation = GENERATE("bicubic", "bilinear");
    const auto [from, to] = GENERATE(std::pair{80, 64}, std::pair{100, 16}, std::pair{9, 30}, std::pair{40, 2});
    const double often = GENERATE(0.0, 0.5, 1.0); // how often each operation is drawn
    CAPTURE(interpolation, from, to, often);
    const auto images = some_images(5, from);
    auto recipe = busy();
    recipe.interpolation = interpolation;
    recipe.jitter = recipe.blur = recipe.solarize = often;
    const auto made = [&, size = to] { return make_views(images, counting(5), recipe, size, {1, 2, 0}); };
    const auto expected = made();
    torch::Tensor found, backwards;
    {
        const EmulatedGpu gpu;
        found = made();
        CHECK(gpu.launches() == (often > 0 ? 6 : 5));
    }
    {
        const EmulatedGpu gpu(true, true);
        backwards = made();
    }
    // Solarize jumps at its threshold, so a last bit may flip a pixel there.
    CHECK(((found - expected).abs() > 1e-5).to(torch::kFloat32).mean().item<double>() < 1e-4);
    CHECK(torch::equal(found, backwards));
}

TEST_CASE("views: an encoder's input in two parts is the whole one, and other views can be sent for the second",
          "[unit]") {
    const bool kernels = GENERATE(false, true);
    const EmulatedGpu gpu(kernels);
    auto recipe = busy();
    recipe.blur = GENERATE(0.0, 0.5);
    CAPTURE(kernels, recipe.blur);
    const auto begun = [&](std::int64_t epoch) {
        return begin_encoder_input(some_images(4, 40), counting(4), recipe, 32, {1, epoch, 0});
    };
    const auto whole = [&](std::int64_t epoch) {
        return encoder_input(make_views(some_images(4, 40), counting(4), recipe, 32, {1, epoch, 0}));
    };
    const auto first = begun(0);
    REQUIRE(first.size() == (kernels ? 2 : 1));
    CHECK(finish_encoder_input(first, recipe, 32).equal(whole(0)));
    if (!kernels) return;
    first[1].copy_(begun(5)[1]);
    CHECK(finish_encoder_input(first, recipe, 32).equal(whole(5)));
}

TEST_CASE("views: a wrong recipe is reported", "[unit]") {
    const auto read = [](const char* text) {
        ViewRecipe recipe;
        overlay(json::parse(text), "plan.json", "$.view1", [&](Fields& f) { fields(f, recipe); });
        require_valid(recipe, "$.view1");
        return recipe;
    };
    CHECK(read(R"({"blur": 0.1, "interpolation": "bilinear"})").blur == 0.1);
    CHECK_THROWS_AS(read(R"({"blurr": 0.1})"), UserError);
    CHECK_THROWS_AS(read(R"({"blur": 1.5})"), UserError);
    CHECK_THROWS_AS(read(R"({"crop_low": 0})"), UserError);
    CHECK_THROWS_AS(read(R"({"interpolation": "nearest"})"), UserError);
    CHECK_THROWS_AS(read(R"({"crop_low": 0.8, "crop_high": 0.5})"), UserError);
    CHECK_THROWS_AS(read(R"({"blur_sigma_low": 3})"), UserError);
    CHECK_THROWS_AS(make_views(torch::zeros({2, 8, 8}), {0, 1}, ViewRecipe{}, 8, {0, 0, 0}), InternalError);
    CHECK_THROWS_AS(make_views(some_images(2, 8), {0}, ViewRecipe{}, 8, {0, 0, 0}), InternalError);
}

TEST_CASE("views: a GPU makes the views of the CPU", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const auto images = some_images(16, 80);
    const auto cpu = make_views(images, counting(16), busy(), 64, {1, 2, 0});
    const auto gpu = make_views(images.to(torch::kCUDA), counting(16), busy(), 64, {1, 2, 0}).cpu();
    // Solarize jumps at its threshold, so a last bit may flip a pixel there.
    CHECK(((cpu - gpu).abs() > 1e-5).to(torch::kFloat32).mean().item<double>() < 1e-4);
}
