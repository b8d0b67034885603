#include "tests/support/catch.h"
#include "tests/support/small_method.h"
#include "tests/support/temporary.h"

#include "methods/pretrain/alignment.h"
#include "methods/weights.h"

#include <cmath>

using namespace mlvicx;
using torch::Tensor;

namespace {

const torch::Device cpu(torch::kCPU);

double value_of(const EpochRecord& record, const std::string& name) {
    for (const auto& [key, value] : record.values)
        if (key == name) return value;
    return std::nan("");
}

std::vector<Tensor> copied_state(const torch::nn::Module& module) {
    std::vector<Tensor> result;
    for (const auto& [name, tensor] : state_of(module)) result.push_back(tensor.detach().clone());
    return result;
}

bool equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) same = torch::equal(a[i], b[i]);
    return same;
}

} // namespace

TEST_CASE("alignment: correlation and nearest views of a worked example", "[reference]") {
    const auto a = torch::tensor({{1, 2, 0}, {0, 1, 3}, {2, -1, 1}, {-1, 0, 2}}, torch::kFloat32);
    const auto b = torch::tensor({{1, 1, 1}, {1, 0, 2}, {2, -2, 0}, {0, 2, 0}}, torch::kFloat32);
    // From plain Python by definition. Cosines of the centred rows: for the second and third image the own view is the
    // nearest (0.8278, 0.9359), for the first it is not (0.4353 < 0.6934), nor for the fourth (0.0701 < 0.3548).
    const auto found = alignment_of(a, b);
    CHECK(found.correlation == Approx(0.5621826951410452));
    CHECK(found.nearest == 0.5);
    const auto moved = alignment_of(7 * a + 3, b - 5); // neither scale nor a common offset counts
    CHECK(moved.correlation == Approx(found.correlation));
    CHECK(moved.nearest == 0.5);
}

TEST_CASE("alignment: equal, unrelated and constant views", "[unit]") {
    const auto z = noise({128, 32}, 400);
    CHECK(alignment_of(z, z).correlation == Approx(1));
    CHECK(alignment_of(z, z).nearest == 1);
    const auto unrelated = alignment_of(z, noise({128, 32}, 401));
    CHECK(std::abs(unrelated.correlation) < 0.05);
    CHECK(unrelated.nearest < 0.05); // chance: 1 of 128
    for (const auto& constant : {torch::ones({16, 4}), torch::zeros({16, 4})}) {
        CHECK(alignment_of(constant, constant).correlation == 0);
        CHECK(alignment_of(constant, constant).nearest == 0); // a tie is not nearest
    }
    CHECK(alignment_of(z.narrow(0, 0, 1), z.narrow(0, 0, 1)).nearest == 0);
}

TEST_CASE("alignment: the fixed batch is a function of the seed, and measuring changes nothing", "[unit]") {
    const OneThread one_thread;
    const auto images = small_images(200);
    auto options = small_options();
    const auto method = small_method();
    method->train();
    const auto before = copied_state(*method);
    const FixedBatch fixed(images, all_of(images), options, cpu);
    CHECK(fixed.size() == 128);
    const auto [first, second] = fixed.features(method->encoder());
    CHECK(first.sizes() == torch::IntArrayRef({128, 16}));
    CHECK_FALSE(torch::equal(first, second));
    CHECK_FALSE(first.requires_grad());
    const auto aligned = fixed.embeddings(*method);
    CHECK(equal(before, copied_state(*method)));
    CHECK(method->is_training());
    CHECK(method->encoder().is_training());
    const FixedBatch again(images, all_of(images), options, cpu);
    CHECK(torch::equal(again.features(method->encoder()).first, first));
    CHECK(again.embeddings(*method).correlation == aligned.correlation);
    options.seed = 5;
    CHECK_FALSE(
        torch::equal(FixedBatch(images, all_of(images), options, cpu).features(method->encoder()).first, first));
    CHECK(FixedBatch(images, {4, 7, 9}, options, cpu).size() == 3);
}

TEST_CASE("alignment: each epoch is measured, and training measured more often ends with the same bits", "[unit]") {
    const OneThread one_thread;
    const auto images = small_images();
    auto options = small_options();
    options.epochs = 4;
    const auto plain = small_method(), measured = small_method();
    const auto records = pretrain(*plain, images, all_of(images), options, cpu);
    for (const auto& record : records)
        for (const char* name : {"view_correlation", "nearest_view", "feature_nearest_view"}) {
            INFO(name);
            CHECK(value_of(record, name) >= -1);
            CHECK(value_of(record, name) <= 1);
        }
    CHECK(std::isnan(value_of(records[1], "probe")));
    options.probe_every = 3;
    std::vector<std::int64_t> asked;
    const FixedBatch fixed(images, all_of(images), options, cpu);
    std::int64_t epoch = 0;
    PretrainRun watched;
    watched.on_epoch = [&](const EpochRecord&) { ++epoch; };
    watched.probe = [&](Encoder& encoder) {
        asked.push_back(epoch);
        encoder.eval(); // whatever mode it leaves behind
        return std::vector<std::pair<std::string, double>>{
            {"probe", alignment_of(fixed.features(encoder).first, fixed.features(encoder).second).nearest}};
    };
    const auto probed = pretrain(*measured, images, all_of(images), options, cpu, watched);
    CHECK(asked == std::vector<std::int64_t>{2, 3}); // after the third epoch and after the last
    CHECK(value_of(probed[2], "probe") == value_of(probed[2], "feature_nearest_view"));
    CHECK(std::isnan(value_of(probed[1], "probe")));
    CHECK(equal(copied_state(*plain), copied_state(*measured)));
    CHECK(value_of(probed.back(), "loss") == value_of(records.back(), "loss"));
    CHECK(value_of(probed.back(), "nearest_view") == value_of(records.back(), "nearest_view"));
}

TEST_CASE("alignment: values that only some epochs have come back unchanged from a checkpoint", "[unit]") {
    const OneThread one_thread;
    const auto images = small_images();
    auto options = small_options();
    options.epochs = 5;
    options.probe_every = 2;
    const TempFolder folder;
    const auto file = folder / "probed.safetensors";
    const auto probe = [](Encoder&) { return std::vector<std::pair<std::string, double>>{{"probe", 0.25}}; };
    struct Crash {};
    const auto crash = [](const EpochRecord& record) {
        if (record.epoch == 2) throw Crash{};
    };
    CHECK_THROWS_AS(pretrain(*small_method(), images, all_of(images), options, cpu, {file, "run", crash, probe}),
                    Crash);
    const auto records = pretrain(*small_method(), images, all_of(images), options, cpu, {file, "run", {}, probe});
    REQUIRE(records.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
        INFO("epoch " << i);
        const bool expected = i == 1 || i == 3 || i == 4;
        CHECK(std::isnan(value_of(records[i], "probe")) != expected);
        CHECK(value_of(records[i], "loss") > 0);
    }
}
