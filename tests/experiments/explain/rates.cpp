#include "experiments/explain/rates.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <filesystem>
#include <set>

using namespace mlvicx;

namespace {

const char* const text = R"({"machines": {"m": {"label": "M", "name": "machine M"}}, "rates": [
  {"machine": "m", "method": "byol", "encoder": "resnet18", "image_size": 100, "batch_size": 10, "precision": "bf16",
   "images_per_second": 5},
  {"machine": "m", "method": "byol", "encoder": "resnet18", "image_size": 100, "batch_size": 40, "precision": "bf16",
   "images_per_second": 10},
  {"machine": "m", "method": "simclr", "encoder": "resnet18", "image_size": 100, "batch_size": 30, "precision": "bf16",
   "images_per_second": 10}]})";

Rates rates() {
    return {json::parse(text), "rates.json"};
}

} // namespace

TEST_CASE("rates: two measurements give a step's fixed time and its time per pixel", "[unit]") {
    const Rates known = rates();
    // 2 s for 10 images and 4 s for 40: 1.3333 s, and 0.066667 s for an image of 100 pixels.
    const Rates::Query byol{"m", "byol", "resnet18", "bf16"};
    CHECK(known.step_seconds(byol, {100, 10}).value() == Approx(2));
    CHECK(known.step_seconds(byol, {100, 40}).value() == Approx(4));
    CHECK(known.step_seconds(byol, {100, 25}).value() == Approx(3));
    CHECK(known.step_seconds(byol, {200, 10}).value() == Approx(4)); // four times the pixels
    // 3 s for 30 images, of which the same fixed time.
    CHECK(known.step_seconds({"m", "simclr", "resnet18", "bf16"}, {100, 60}).value() == Approx(4.0 / 3 + 2 * 5.0 / 3));
}

TEST_CASE("rates: nothing is made up for what was not measured", "[unit]") {
    const Rates known = rates();
    CHECK_FALSE(known.step_seconds({"m", "vicreg", "resnet18", "bf16"}, {100, 10}));
    CHECK_FALSE(known.step_seconds({"m", "byol", "resnet50", "bf16"}, {100, 10}));
    CHECK_FALSE(known.step_seconds({"m", "byol", "resnet18", "fp32"}, {100, 10}));
    CHECK_FALSE(known.step_seconds({"n", "byol", "resnet18", "bf16"}, {100, 10}));
    CHECK_FALSE(known.supervised_seconds({"m", "", "resnet50", "bf16"}, {100, 10}));
    CHECK(known.has_bf16("m"));
    CHECK_FALSE(known.has_bf16("n"));
}

TEST_CASE("rates: a supervised step is half of the fastest method's", "[unit]") {
    const Rates known = rates();
    CHECK(known.supervised_seconds({"m", "", "resnet18", "bf16"}, {100, 30}).value() == Approx(1.5));
}

TEST_CASE("rates: the recorded ones name a record that has their figure", "[unit]") {
    const auto folder = std::filesystem::path(MLVICX_SOURCE) / "experiments/performance/records";
    const Rates& recorded = Rates::recorded();
    CHECK(recorded.all().size() > 20);
    std::set<std::string> machines;
    for (const auto& rate : recorded.all()) {
        INFO(rate.machine << " " << rate.method << " " << rate.images_per_second);
        machines.insert(rate.machine);
        const std::string record = read_text(folder / rate.source);
        const double step = 1e3 * static_cast<double>(rate.size.batch_size) / rate.images_per_second;
        const bool has_rate = contains(record, fmt::format(" {:g} ", rate.images_per_second)) ||
                              contains(record, fmt::format(" {:.1f} ", rate.images_per_second));
        CHECK((has_rate || contains(record, fmt::format(" {:.0f} ms", step)))); // some records have the step's time
        // Each measured size is estimated to within what shared machines differ by.
        const Rates::Query query{rate.machine, rate.method, rate.encoder, rate.precision};
        CHECK(recorded.step_seconds(query, rate.size).value() == Approx(step / 1e3).epsilon(0.05));
    }
    CHECK(machines.size() == recorded.machines().size());
}

TEST_CASE("rates: another format is refused with the key", "[unit]") {
    const auto refused = [](const char* key, const json::value& value) {
        json::value wrong = json::parse(text);
        wrong.as_object()["rates"].as_array()[1].as_object()[key] = value;
        return message_of([&] { Rates(wrong, "rates.json"); });
    };
    CHECK(contains(refused("images_per_second", 0), "rates.json: $.rates[1].images_per_second is 0, expected above 0"));
    CHECK(contains(refused("precision", "fp16"), "rates.json: $.rates[1].precision is \"fp16\""));
    CHECK(contains(refused("machine", "k"), "rates.json: $.rates[1].machine is \"k\", expected one of $.machines"));
    CHECK(contains(refused("speed", 3), "rates.json: $.rates[1].speed: unknown key"));
    CHECK(contains(message_of([] { Rates(json::parse("[]"), "x"); }), "x: $.machines is missing"));
    CHECK(contains(message_of([] { Rates(json::parse(R"({"machines": {}})"), "x"); }), "x: $.rates is missing"));
}
