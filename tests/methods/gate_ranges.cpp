#include "mlvicx/gate_ranges.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// Makes every spatial gate 1/2, and the channel gates by expand's weights.
void set_gates(ContextEncoder& encoder, double expand) {
    const torch::NoGradGuard no_gradient;
    for (auto& item : encoder.named_parameters()) {
        if (item.key().find("spatial.weight") != std::string::npos) item.value().zero_();
        if (item.key().find("expand.weight") != std::string::npos) item.value().fill_(expand);
    }
}

} // namespace

TEST_CASE("gate_ranges: weights of zero leave every gate at one half", "[unit]") {
    torch::manual_seed(3);
    ContextEncoder encoder("resnet18");
    encoder.eval();
    set_gates(encoder, 0);
    const auto levels = gate_ranges(encoder, noise({3, 3, 64, 64}, 11).to(torch::kFloat32));
    REQUIRE(levels.size() == 5);
    for (const auto& level : levels)
        for (const auto& gates : {level.channels, level.pixels}) {
            REQUIRE(gates.has_value());
            CHECK(std::abs(gates->low - 0.5) < 1e-5);
            CHECK(std::abs(gates->median - 0.5) < 1e-5);
            CHECK(std::abs(gates->high - 0.5) < 1e-5);
        }
    CHECK_FALSE(encoder.is_training());
    CHECK(encoder.named_buffers()["bn1.running_mean"].abs().max().item<float>() == 0); // a copy passed the images
    CHECK(text_of({levels.front()}) == "channels 0.50-0.50; pixels 0.50-0.50");
    CHECK(json::serialize(to_json(levels)).find("\"channels\":[") != std::string::npos);
}

TEST_CASE("gate_ranges: open gates are near one, and quantiles are in order", "[unit]") {
    torch::manual_seed(3);
    ContextEncoder encoder("resnet18");
    set_gates(encoder, 10);
    const auto images = noise({3, 3, 64, 64}, 11).to(torch::kFloat32);
    CHECK(gate_ranges(encoder, images).front().channels->low > 0.99);
    ContextEncoder initial("resnet18");
    for (const auto& level : gate_ranges(initial, images))
        for (const auto& gates : {level.channels, level.pixels}) {
            CHECK(gates->low > 0);
            CHECK(gates->high < 1);
            CHECK(gates->low <= gates->median);
            CHECK(gates->median <= gates->high);
        }
}

TEST_CASE("gate_ranges: a part that an encoder lacks has no gates", "[unit]") {
    const auto images = noise({2, 3, 32, 32}, 11).to(torch::kFloat32);
    ContextEncoder channel("resnet18", ContextParts::channel), spatial("resnet18", ContextParts::spatial);
    for (const auto& level : gate_ranges(channel, images)) CHECK((level.channels && !level.pixels));
    for (const auto& level : gate_ranges(spatial, images)) CHECK((!level.channels && level.pixels));
}
