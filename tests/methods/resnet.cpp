#include "methods/resnet.h"

#include "core/error.h"
#include "core/json.h"
#include "tests/support/catch.h"
#include "tests/support/formula.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// Sets parameters and running statistics by the reference's formula, in the reference's order.
void set_by_formula(ResNet& net, const json::object& reference) {
    torch::NoGradGuard no_grad;
    auto parameters = net.named_parameters();
    auto buffers = net.named_buffers();
    std::uint64_t k = 100;
    for (const auto& item : reference.at("parameters").as_array()) {
        const std::string name(item.at(0).as_string());
        parameters[name].copy_(formula_parameter(name, integers(item.at(1)), k++));
    }
    k = 0;
    for (const auto& item : reference.at("norms").as_array()) {
        const std::string name(item.as_string());
        auto mean = buffers[name + ".running_mean"], variance = buffers[name + ".running_var"];
        mean.copy_(0.1 * noise(mean.sizes().vec(), 1000 + k));
        variance.copy_(1 + 0.5 * noise(variance.sizes().vec(), 2000 + k));
        ++k;
    }
}

void check_features(const torch::Tensor& features, const json::object& expected) {
    CHECK(relative_error(features[0].slice(0, 0, 8), numbers(expected.at("first8"))) < 1e-9);
    CHECK(relative_error(features[1].slice(0, -8), numbers(expected.at("last8"))) < 1e-9);
    CHECK_THAT(features.norm().item<double>(), WithinRel(expected.at("norm").as_double(), 1e-9));
}

void check_against_torchvision(const std::string& name) {
    const auto file = read_json(MLVICX_TEST_DATA "/torchvision_resnet.json");
    const auto& reference = file.as_object().at(name).as_object();
    ResNet net(name);
    net.to(torch::kFloat64);
    set_by_formula(net, reference);
    const auto images = noise({2, 3, 64, 64}, 7);

    net.eval();
    {
        torch::NoGradGuard no_grad;
        const auto maps = net.maps(images);
        REQUIRE(maps.size() == 5);
        for (std::size_t k = 0; k < 5; ++k) {
            const auto& expected = reference.at("maps_mean_rms").as_array()[k];
            CHECK_THAT(maps[k].mean().item<double>(), WithinRel(expected.at(0).as_double(), 1e-9));
            CHECK_THAT(maps[k].square().mean().sqrt().item<double>(), WithinRel(expected.at(1).as_double(), 1e-9));
        }
        check_features(net.forward(images), reference.at("evaluation").as_object());
    }
    net.train();
    const auto& training = reference.at("training").as_object();
    const auto features = net.forward(images);
    check_features(features.detach(), training);
    features.square().sum().backward();
    auto parameters = net.named_parameters();
    for (const auto& item : training.at("gradient_norms").as_object())
        CHECK_THAT(parameters[std::string(item.key())].grad().norm().item<double>(),
                   WithinRel(item.value().as_double(), 1e-7));
}

} // namespace

TEST_CASE("resnet: parameters have torchvision's names, shapes and order", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/torchvision_resnet.json");
    for (const std::string name : {"resnet18", "resnet50"}) {
        const auto& expected = file.at(name).at("parameters").as_array();
        const ResNet net(name);
        const auto parameters = net.named_parameters();
        REQUIRE(parameters.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(parameters[i].key() == std::string(expected[i].at(0).as_string()));
            CHECK(parameters[i].value().sizes().vec() == integers(expected[i].at(1)));
        }
        CHECK(net.named_buffers().size() == 3 * file.at(name).at("norms").as_array().size());
    }
}

TEST_CASE("resnet: resnet18 computes torchvision's maps, features and gradients", "[reference]") {
    check_against_torchvision("resnet18");
}

TEST_CASE("resnet: resnet50 computes torchvision's maps, features and gradients", "[reference]") {
    check_against_torchvision("resnet50");
}

TEST_CASE("resnet: initialisation is torchvision's, He by fan-out and unit norms", "[unit]") {
    torch::manual_seed(1);
    const ResNet net("resnet18");
    for (const auto& item : net.named_parameters()) {
        const auto& value = item.value();
        if (value.dim() == 4) {
            const auto fan_out = static_cast<double>(value.size(0) * value.size(2) * value.size(3));
            const auto deviation = value.std().item<double>(), expected = std::sqrt(2 / fan_out);
            INFO(item.key());
            CHECK(std::abs(deviation / expected - 1) < 5 / std::sqrt(2.0 * static_cast<double>(value.numel())));
        } else {
            CHECK(value.eq(item.key().back() == 't' ? 1 : 0).all().item<bool>());
        }
    }
}

TEST_CASE("resnet: channels and features describe the maps", "[unit]") {
    torch::NoGradGuard no_grad;
    for (const std::string name : {"resnet18", "resnet50"}) {
        ResNet net(name);
        const auto maps = net.maps(torch::rand({2, 3, 32, 48}));
        REQUIRE(maps.size() == net.channels().size());
        for (std::size_t k = 0; k < maps.size(); ++k) {
            const std::int64_t stride = 2 << k;
            CHECK(maps[k].sizes().vec() ==
                  std::vector<std::int64_t>{2, net.channels()[k], 32 / stride, (48 + stride - 1) / stride});
        }
        CHECK(net.forward(torch::rand({2, 3, 32, 32})).size(1) == net.features());
        CHECK(net.another()->name() == name);
    }
}

TEST_CASE("resnet: an unknown name is refused", "[unit]") {
    CHECK_THROWS_AS(ResNet("resnet19"), UserError);
}
