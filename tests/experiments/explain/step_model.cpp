#include "experiments/explain/step_model.h"
#include "tests/support/catch.h"

using namespace mlvicx;

namespace {

using Measured = std::vector<std::pair<StepSize, double>>;

/// What steps of these sizes take by a model.
Measured by(const StepModel& model, const std::vector<StepSize>& sizes) {
    Measured measured;
    for (const auto& size : sizes) measured.emplace_back(size, model.seconds(size));
    return measured;
}

void check_equal(const std::optional<StepModel>& found, const StepModel& expected) {
    REQUIRE(found);
    CHECK(found->fixed == Approx(expected.fixed).margin(1e-12));
    CHECK(found->per_image == Approx(expected.per_image).margin(1e-12));
    CHECK(found->per_pixel == Approx(expected.per_pixel));
}

} // namespace

TEST_CASE("step model: three measurements of two image sizes and two batches give all three times", "[unit]") {
    const StepModel model{0.24, 0.0095, 1.07e-6}; // about VICReg's on two cores
    check_equal(fitted(by(model, {{64, 16}, {64, 64}, {224, 16}})), model);
    check_equal(fitted(by(model, {{64, 16}, {64, 64}, {224, 16}, {128, 32}})), model);
}

TEST_CASE("step model: two measurements give the time per pixel, and the fixed one or that per image", "[unit]") {
    check_equal(fitted(by({0.01, 0, 2e-9}, {{224, 16}, {224, 256}})), {0.01, 0, 2e-9}); // launches of a GPU
    check_equal(fitted(by({0, 0.002, 1e-6}, {{64, 64}, {224, 16}})), {0, 0.002, 1e-6});
}

TEST_CASE("step model: no time is negative, and of noisy measurements the nearest model is taken", "[unit]") {
    // SimCLR's on two cores: its time per image would be -0.3 ms.
    const Measured measured{{{64, 16}, 0.120}, {{64, 64}, 0.342}, {{224, 16}, 0.999}};
    const auto found = fitted(measured);
    REQUIRE(found);
    CHECK(found->per_image == 0);
    CHECK(found->fixed > 0);
    for (const auto& [size, seconds] : measured) CHECK(found->seconds(size) == Approx(seconds).epsilon(0.03));
}

TEST_CASE("step model: what does not determine one gives none", "[unit]") {
    CHECK_FALSE(fitted({}));
    CHECK_FALSE(fitted({{{64, 16}, 1}}));
    CHECK_FALSE(fitted({{{64, 16}, 1}, {{64, 16}, 1.1}}));
    CHECK_FALSE(fitted({{{64, 16}, 1}, {{64, 64}, 0.5}})); // a larger step in less time
}
