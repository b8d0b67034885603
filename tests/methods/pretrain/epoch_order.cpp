#include "methods/pretrain/epoch_order.h"

#include "tests/support/catch.h"

#include "core/error.h"
#include "core/random.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

using namespace mlvicx;

namespace {

ImagePool pool_of(const std::vector<std::int64_t>& sizes) {
    std::vector<torch::Tensor> images;
    for (const auto size : sizes) images.push_back(torch::zeros({size, 8, 8}, torch::kUInt8));
    return ImagePool(std::move(images));
}

std::vector<std::int64_t> all_of_pool(const ImagePool& pool) {
    std::vector<std::int64_t> images(static_cast<std::size_t>(pool.size()));
    std::iota(images.begin(), images.end(), 0);
    return images;
}

} // namespace

TEST_CASE("epoch order: in proportion, every epoch has each image once, and one dataset has the order it always had",
          "[unit]") {
    const std::vector<std::int64_t> images{3, 5, 6, 9, 11, 12, 14};
    const EpochOrder order(pool_of({15}), images, 4, false);
    CHECK(order.size() == 7);
    for (const std::int64_t epoch : {0, 1, 6}) {
        std::vector<std::int64_t> expected = images; // Fisher-Yates with the stream of seed and epoch
        Random random(4, Purpose::order, static_cast<std::uint32_t>(epoch));
        shuffle(expected, random);
        const auto drawn = order.of(epoch);
        CHECK(drawn.images == expected);
        CHECK(drawn.passes == std::vector<std::int64_t>(7, epoch));
    }
    const auto pool = pool_of({10, 4});
    auto drawn = EpochOrder(pool, all_of_pool(pool), 4, false).of(2);
    std::sort(drawn.images.begin(), drawn.images.end());
    CHECK(drawn.images == all_of_pool(pool));
}

TEST_CASE("epoch order: balanced, each dataset gives as many images, in passes that miss none and repeat none",
          "[unit]") {
    const auto pool = pool_of({40, 3, 20}); // 63 images: 21 of each dataset in an epoch
    const EpochOrder order(pool, all_of_pool(pool), 9, true);
    REQUIRE(order.size() == 63);
    std::map<std::pair<std::int64_t, std::int64_t>, int> seen; // of image and pass
    std::map<std::size_t, std::set<std::int64_t>> passes;
    for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
        const auto drawn = order.of(epoch);
        REQUIRE(drawn.images.size() == 63);
        std::map<std::size_t, int> of_dataset;
        for (std::size_t i = 0; i < drawn.images.size(); ++i) {
            const auto dataset = pool.place_of(drawn.images[i]).first;
            ++of_dataset[dataset];
            passes[dataset].insert(drawn.passes[i]);
            CHECK(++seen[{drawn.images[i], drawn.passes[i]}] == 1); // so no image gets a view twice
        }
        for (std::size_t d = 0; d < 3; ++d) CHECK(of_dataset[d] == 21);
    }
    // 40 epochs take 840 images of each: 21 passes of 40, 280 passes of 3, 42 passes of 20, all of them whole.
    CHECK(passes[0].size() == 21);
    CHECK(passes[1].size() == 280);
    CHECK(passes[2].size() == 42);
    CHECK(seen.size() == 3 * 840);
}

TEST_CASE("epoch order: balanced epochs are mixed, differ, and follow from seed and epoch alone", "[unit]") {
    const auto pool = pool_of({30, 30});
    const EpochOrder order(pool, all_of_pool(pool), 1, true);
    const auto first = order.of(0), fifth = order.of(5);
    CHECK(order.of(5).images == fifth.images); // whatever was asked for before
    CHECK(EpochOrder(pool, all_of_pool(pool), 1, true).of(5).images == fifth.images);
    CHECK(EpochOrder(pool, all_of_pool(pool), 2, true).of(5).images != fifth.images);
    CHECK(first.images != fifth.images);
    const auto of_first = [&](std::size_t from, std::size_t to) {
        return std::count_if(fifth.images.begin() + static_cast<std::ptrdiff_t>(from),
                             fifth.images.begin() + static_cast<std::ptrdiff_t>(to),
                             [](std::int64_t image) { return image < 30; });
    };
    for (const std::size_t from : {0u, 20u, 40u})
        CHECK((of_first(from, from + 20) > 3 && of_first(from, from + 20) < 17));
    // Left-over images: 31 in all are 15 of each.
    const auto odd = pool_of({20, 11});
    CHECK(EpochOrder(odd, all_of_pool(odd), 1, true).of(0).images.size() == 30);
}

TEST_CASE("epoch order: balance needs several datasets, each with images", "[unit]") {
    const auto message = [](const ImagePool& pool, const std::vector<std::int64_t>& images) {
        try {
            const EpochOrder order(pool, images, 0, true);
        } catch (const UserError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(message(pool_of({5}), {0, 1}) == "balance is true, but there is only one dataset to pre-train on");
    CHECK(message(pool_of({5, 6}), {0, 1}) == "balance is true, but dataset 2 of 2 has no images to pre-train on");
}
