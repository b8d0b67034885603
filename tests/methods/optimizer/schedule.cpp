#include "tests/support/catch.h"

#include "core/json.h"
#include "methods/optimizer/schedule.h"

using namespace mlvicx;

TEST_CASE("schedule: MLVICX's release", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/losses.json");
    ScheduleOptions options;
    options.cosine_over_all = true;
    for (const auto& value : file.at("mlvicx_schedule_as_released").at("steps").as_array()) {
        const auto step = value.at("step").as_int64();
        CHECK(0.2 * warmup_cosine(step, 300, 20, options) == Approx(value.at("lr").to_number<double>()).epsilon(1e-12));
    }
}

TEST_CASE("schedule: warm restarts are PyTorch's", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/warm_restarts.json");
    const auto& rates = file.at("rates").as_array();
    REQUIRE(rates.size() == 300);
    for (std::size_t epoch = 0; epoch < rates.size(); ++epoch)
        CHECK(1e-6 + (3e-3 - 1e-6) * warm_restarts(static_cast<std::int64_t>(epoch), 10, 2) ==
              Approx(rates[epoch].to_number<double>()).epsilon(1e-9));
    for (const std::int64_t start : {0, 10, 30, 70, 150}) CHECK(warm_restarts(start, 10, 2) == 1);
    CHECK(warm_restarts(7, 7, 1) == 1);
    CHECK(warm_restarts(1000, 1, 1) == 1);
}

TEST_CASE("schedule: rises to one, falls to the final factor, never beyond", "[unit]") {
    const ScheduleOptions options;
    CHECK(warmup_cosine(0, 100, 10, options) == 0);
    CHECK(warmup_cosine(5, 100, 10, options) == Approx(0.5));
    CHECK(warmup_cosine(10, 100, 10, options) == 1);
    CHECK(warmup_cosine(55, 100, 10, options) == Approx((1 + 0.001) / 2));
    CHECK(warmup_cosine(100, 100, 10, options) == Approx(0.001));
    CHECK(warmup_cosine(500, 100, 10, options) == Approx(0.001));
    for (std::int64_t step = 10; step < 100; ++step)
        CHECK(warmup_cosine(step + 1, 100, 10, options) < warmup_cosine(step, 100, 10, options));
    CHECK(warmup_cosine(0, 1, 0, options) == 1); // no warm-up: the first step counts in full
    CHECK(warmup_cosine(3, 3, 3, options) == 1); // only warm-up
}

TEST_CASE("schedule: BYOL's rate goes from its start to one", "[unit]") {
    CHECK(momentum_rate(0.99, 0) == Approx(0.99));
    CHECK(momentum_rate(0.99, 0.5) == Approx(0.995));
    CHECK(momentum_rate(0.99, 1) == Approx(1));
}
