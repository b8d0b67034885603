#include "core/error.h"
#include "methods/weights.h"
#include "tests/support/noise.h"
#include "tests/support/small_method.h"
#include "tests/support/temporary.h"

#include "tests/support/catch.h"
#include "tests/support/pretrained.h"

#include <numeric>

using namespace mlvicx;

namespace {

const torch::Device cpu(torch::kCPU);

torch::Tensor grey_images(std::int64_t count, std::int64_t side, unsigned seed) {
    return noise({count, side, side}, seed).mul(60).add(128).clamp(0, 255).to(torch::kUInt8);
}

PretrainOptions short_run(bool balance) {
    PretrainOptions options;
    options.epochs = 3;
    options.batch_size = 8;
    options.image_size = 16;
    options.checkpoint_every = 1;
    options.precision = "fp32";
    options.optimizer.learning_rate = 0.1;
    options.schedule.warmup_epochs = 0;
    options.balance = balance;
    return options;
}

std::vector<std::int64_t> all_of(const ImagePool& pool) {
    std::vector<std::int64_t> images(static_cast<std::size_t>(pool.size()));
    std::iota(images.begin(), images.end(), 0);
    return images;
}

struct Crash {};

} // namespace

TEST_CASE("several datasets: a pre-training that crashes ends with the weights of an undisturbed one", "[unit]") {
    const ImagePool pool({grey_images(30, 24, 1), grey_images(7, 32, 2)});
    for (const bool balance : {false, true}) {
        const auto options = short_run(balance);
        const auto undisturbed = small_method(), resumed = small_method();
        const auto records = pretrain(*undisturbed, pool, all_of(pool), options, cpu);
        CHECK(records.size() == 3);
        const TempFolder folder;
        const auto stop_after_first = [](const EpochRecord& record) {
            if (record.epoch == 0) throw Crash{};
        };
        CHECK_THROWS_AS(
            pretrain(*small_method(), pool, all_of(pool), options, cpu, {folder / "c", "run", stop_after_first}),
            Crash);
        pretrain(*resumed, pool, all_of(pool), options, cpu, {folder / "c", "run"});
        CHECK(equal_states(*undisturbed, *resumed));
    }
}

TEST_CASE("several datasets: the second one and the balance change what is learned", "[unit]") {
    const auto a = grey_images(30, 24, 1), b = grey_images(10, 32, 2);
    const auto trained = [](const ImagePool& pool, const std::vector<std::int64_t>& images, bool balance) {
        auto method = small_method();
        pretrain(*method, pool, images, short_run(balance), cpu);
        return method;
    };
    const ImagePool one(a), two({a, b});
    const auto alone = trained(one, all_of(one), false);
    // A second dataset of which no image is taken changes nothing.
    CHECK(equal_states(*alone, *trained(two, all_of(one), false)));
    const auto both = trained(two, all_of(two), false);
    CHECK_FALSE(equal_states(*alone, *both));
    CHECK_FALSE(equal_states(*both, *trained(two, all_of(two), true)));
    CHECK_FALSE(equal_states(*both, *trained(ImagePool({b, a}), all_of(two), false)));
}

TEST_CASE("several datasets: too few images for a batch are refused by their number in an epoch", "[unit]") {
    const ImagePool pool({grey_images(5, 24, 1), grey_images(4, 24, 2)});
    auto options = short_run(true);
    options.batch_size = 9;
    try {
        pretrain(*small_method(), pool, all_of(pool), options, cpu);
        FAIL("expected a UserError");
    } catch (const UserError& error) {
        CHECK(std::string(error.what()) == "batch_size is 9, but there are only 8 images to pre-train on");
    }
}
