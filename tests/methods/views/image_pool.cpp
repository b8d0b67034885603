#include "methods/views/image_pool.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include "core/error.h"

#include <torch/torch.h>

using namespace mlvicx;
using torch::Tensor;

namespace {

Tensor grey_images(std::int64_t count, std::int64_t side, unsigned seed) {
    return noise({count, side, side}, seed).mul(60).add(128).clamp(0, 255).to(torch::kUInt8);
}

const ViewRecipe recipe;
constexpr std::int64_t size = 24;

Tensor views_of(const ImagePool& pool, const std::vector<std::int64_t>& images, const std::vector<std::int64_t>& passes,
                int number = 1) {
    return pool.take({images, passes}, torch::kCPU).views(recipe, size, 7, number);
}

} // namespace

TEST_CASE("image pool: one dataset gives the views that its images have without a pool, bit by bit", "[unit]") {
    const auto images = grey_images(9, 32, 1);
    const std::vector<std::int64_t> chosen{4, 0, 8, 3};
    const auto taken = images.index_select(0, torch::tensor(chosen, torch::kInt64));
    CHECK(views_of(images, chosen, {5, 5, 5, 5}).equal(make_views(taken, chosen, recipe, size, {7, 5, 1})));
    CHECK(ImagePool(images).size() == 9);
}

TEST_CASE("image pool: a dataset's views depend on its place in the list and on nothing else", "[unit]") {
    const auto a = grey_images(6, 32, 1), b = grey_images(5, 40, 2), c = grey_images(4, 32, 3);
    const ImagePool two({a, b}), three({a, b, c});
    CHECK(two.size() == 11);
    CHECK(three.start_of(2) == 11);
    CHECK(three.place_of(10) == std::pair<std::size_t, std::int64_t>(1, 4));
    const auto mixed = views_of(three, {7, 2, 14, 5, 10, 11}, {3, 3, 3, 3, 3, 3});
    REQUIRE(mixed.sizes() == torch::IntArrayRef({6, 1, size, size}));
    // The first dataset has the views that it has alone, whatever stands next to its images in the batch.
    const auto alone = views_of(a, {2, 5}, {3, 3});
    CHECK(mixed[1].equal(alone[0]));
    CHECK(mixed[3].equal(alone[1]));
    // The second has the same ones without the third, and in another order.
    const auto second = views_of(two, {10, 7}, {3, 3});
    CHECK(mixed[0].equal(second[1]));
    CHECK(mixed[4].equal(second[0]));
    // Equal images at equal indices of two datasets get different views.
    const ImagePool same({a, a});
    const auto pair = views_of(same, {2, 8}, {3, 3});
    CHECK_FALSE(pair[0].equal(pair[1]));
    CHECK(pair[0].equal(alone[0]));
}

TEST_CASE("image pool: each pass of a dataset and each of its two views has its own", "[unit]") {
    const auto a = grey_images(6, 32, 1), b = grey_images(5, 40, 2);
    const ImagePool pool({a, b});
    const auto views = views_of(pool, {8, 8, 3}, {0, 1, 2});
    CHECK_FALSE(views[0].equal(views[1]));
    CHECK(views[1].equal(views_of(pool, {8}, {1})[0]));
    CHECK_FALSE(views[1].equal(views_of(pool, {8}, {1}, 0)[0]));
    CHECK(views[2].equal(views_of(a, {3}, {2})[0]));
}

TEST_CASE("image pool: plain views are those of each dataset, in the order asked for", "[unit]") {
    const auto a = grey_images(6, 32, 1), b = grey_images(5, 40, 2);
    const ImagePool pool({a, b});
    const auto plain = pool.plain_views({1, 7, 6, 0}, size, torch::kCPU);
    REQUIRE(plain.sizes() == torch::IntArrayRef({4, 1, size, size}));
    const auto same = [&](std::int64_t row, const Tensor& images, std::int64_t index) {
        return largest_gap(plain[row], plain_view(images.narrow(0, index, 1), size)[0]) < 1e-6;
    };
    CHECK((same(0, a, 1) && same(1, b, 1) && same(2, b, 0) && same(3, a, 0)));
}

TEST_CASE("image pool: an index outside the images is refused", "[unit]") {
    const ImagePool pool({grey_images(3, 32, 1), grey_images(3, 32, 2)});
    for (const std::int64_t index : {-1, 6}) CHECK_THROWS_AS(views_of(pool, {index}, {0}), InternalError);
    CHECK_THROWS_AS(ImagePool(grey_images(3, 32, 1).to(torch::kFloat32)), InternalError);
}
