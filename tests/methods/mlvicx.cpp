#include "mlvicx/mlvicx.h"

#include "core/error.h"
#include "methods/losses.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/direct_mlvicx.h"
#include "mlvicx/multi_level_head.h"
#include "tests/support/bf16.h"
#include "tests/support/mlvicx_reference.h"
#include "tests/support/tiny_training.h"

#include <regex>

using namespace mlvicx;

namespace {

std::shared_ptr<Method> small_mlvicx(MlvicxOptions options = {}) {
    torch::manual_seed(4);
    options.hidden = options.output = 64;
    options.level_channels = 32;
    return make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), options);
}

/// A linear layer's or level's bias before a batch norm: its gradient is only rounding.
bool is_bias_before_norm(const std::string& name) {
    static const std::regex pattern(R"(.*(head\.[036]|levels\.\d)\.bias)");
    return std::regex_match(name, pattern);
}

} // namespace

TEST_CASE("mlvicx: embeddings, losses and gradients are the release's", "[reference]") {
    MlvicxReference reference;
    auto& net = *reference.method;
    const auto children = net.named_children();
    auto embeddings = [&](const torch::Tensor& view) {
        torch::NoGradGuard no_grad;
        const auto maps = net.encoder().maps(view);
        return std::pair(children["global_head"]->as<torch::nn::Sequential>()->forward(maps.back().mean({2, 3})),
                         children["multi_level_head"]->as<MultiLevelHead>()->forward(maps));
    };
    const auto [z1, d1] = embeddings(reference.view1);
    const auto [z2, d2] = embeddings(reference.view2);
    CHECK(relative_error(z1[0].slice(0, 0, 8), numbers(reference.file.at("z1_first8"))) < 1e-9);
    CHECK(relative_error(d1[0].slice(0, 0, 8), numbers(reference.file.at("d1_first8"))) < 1e-9);
    CHECK_THAT(z1.norm().item<double>(), WithinRel(reference.number("z1_norm"), 1e-9));
    CHECK_THAT(d1.norm().item<double>(), WithinRel(reference.number("d1_norm"), 1e-9));
    CHECK_THAT(z2.norm().item<double>(), WithinRel(reference.number("z2_norm"), 1e-9));
    CHECK_THAT(d2.norm().item<double>(), WithinRel(reference.number("d2_norm"), 1e-9));
    const auto running = net.named_buffers()["encoder.bn1.running_mean"].slice(0, 0, 4);
    CHECK(relative_error(running, numbers(reference.file.at("stem_norm_running_mean_first4_after_both_views"))) < 1e-9);

    const auto output = net.step(reference.view1, reference.view2);
    CHECK_THAT(term(output, "global"), WithinRel(reference.number("loss_global"), 1e-9));
    CHECK_THAT(term(output, "multi_level"), WithinRel(reference.number("loss_multi_level"), 1e-9));
    CHECK(torch::allclose(output.embedding, z1));
    output.loss.backward();
    const auto parameters = net.named_parameters();
    int compared = 0;
    for (const auto& item : reference.file.at("grad_norms").as_object()) {
        const auto name = mlvicx_name(std::string(item.key()));
        if (is_bias_before_norm(name)) continue;
        // The output norm's bias shifts both views equally: its gradient is only rounding, too.
        if (item.value().as_double() < 1e-12) continue;
        INFO(name);
        CHECK_THAT(parameters[name].grad().norm().item<double>(), WithinRel(item.value().as_double(), 1e-8));
        ++compared;
    }
    CHECK(compared == 109 - 11 - 2);
}

TEST_CASE("mlvicx: four LARS steps follow the release", "[reference]") {
    MlvicxReference reference;
    OptimizerOptions options;
    options.weight_decay = 1e-6;
    auto optimizer = make_optimizer(options, trained_parameters(*reference.method));
    for (const auto& expected :
         reference.file.at("loss_before_each_of_4_LARS_steps_lr0.2_wd1e-6_all_parameters_trained").as_array()) {
        const auto loss = reference.method->step(reference.view1, reference.view2).loss;
        CHECK_THAT(loss.item<double>(), WithinRel(expected.as_double(), 1e-7));
        optimizer->zero_grad();
        loss.backward();
        optimizer->step(0.2);
    }
}

TEST_CASE("mlvicx: the pool matrix is resize and pool in one", "[unit]") {
    for (const std::int64_t length : {1, 2, 7, 14, 28, 56, 64, 100, 112}) {
        const auto matrix = pool_matrix(length, torch::kFloat64);
        const auto values = torch::randn({3, 2, length, 9}, torch::kFloat64);
        const auto columns = pool_matrix(9, torch::kFloat64);
        const auto direct = torch::adaptive_avg_pool2d(
            torch::upsample_bilinear2d(values, std::vector<std::int64_t>{64, 64}, false), {4, 4});
        CHECK(torch::allclose(torch::matmul(torch::matmul(matrix, values), columns.t()), direct, 1e-12, 1e-13));
    }
}

TEST_CASE("mlvicx: the cheap multi-level head equals the direct form, gradients too", "[unit]") {
    torch::manual_seed(5);
    HeadOptions options{.in = 0, .hidden = {16}, .out = 8};
    const std::vector<std::int64_t> channels{4, 4, 8, 16, 32};
    MultiLevelHead head(channels, 24, options);
    head.to(torch::kFloat64);
    for (const bool channels_last : {false, true}) {
        std::vector<torch::Tensor> maps;
        for (std::size_t k = 0; k < 5; ++k) {
            auto map = torch::randn({3, channels[k], 112 >> k, 80 >> k}, torch::kFloat64);
            if (channels_last) map = map.contiguous(torch::MemoryFormat::ChannelsLast);
            maps.push_back(map.requires_grad_());
        }
        auto inputs = maps;
        for (const auto& parameter : head.parameters()) inputs.push_back(parameter);
        const auto weights = torch::randn({3, 8}, torch::kFloat64);
        const auto fast = head.forward(maps), direct = direct_levels(head, maps);
        CHECK(torch::allclose(fast, direct, 1e-10, 1e-12));
        const auto g = torch::autograd::grad({(fast * weights).sum()}, inputs);
        const auto e = torch::autograd::grad({(direct * weights).sum()}, inputs);
        for (std::size_t i = 0; i < g.size(); ++i) CHECK(torch::allclose(g[i], e[i], 1e-9, 1e-11));
    }
}

TEST_CASE("mlvicx: the whole step equals the direct form, gradients too", "[unit]") {
    MlvicxOptions options;
    options.multi_level_weight = 0.7;
    const auto method = small_mlvicx(options);
    method->to(torch::kFloat64);
    auto [a, b] = tiny_views(6, 48);
    a = a.to(torch::kFloat64), b = b.to(torch::kFloat64);
    const auto parameters = method->parameters();
    const auto fast = method->step(a, b).loss, direct = direct_loss(*method, options, a, b);
    CHECK_THAT(fast.item<double>(), WithinRel(direct.item<double>(), 1e-10));
    const auto g = torch::autograd::grad({fast}, parameters), e = torch::autograd::grad({direct}, parameters);
    for (std::size_t i = 0; i < g.size(); ++i) CHECK(torch::allclose(g[i], e[i], 1e-7, 1e-9));
}

TEST_CASE("mlvicx: default widths are the release's", "[unit]") {
    const auto method = make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), {});
    const auto parameters = method->named_parameters();
    CHECK(parameters["global_head.0.weight"].sizes() == torch::IntArrayRef({4096, 512}));
    CHECK(parameters["global_head.6.weight"].sizes() == torch::IntArrayRef({4096, 4096}));
    CHECK(parameters["multi_level_head.head.0.weight"].sizes() == torch::IntArrayRef({4096, 8192}));
    CHECK(parameters["multi_level_head.head.6.weight"].sizes() == torch::IntArrayRef({4096, 4096}));
    CHECK(parameters["multi_level_head.levels.3.weight"].sizes() == torch::IntArrayRef({512, 256, 1, 1}));
    CHECK(method->encoder().name() == "resnet18+context");
}

TEST_CASE("mlvicx: as described starts from He initialisation, as released from LibTorch's", "[unit]") {
    MlvicxOptions released;
    released.variant = "as_released";
    const auto a = small_mlvicx(), b = small_mlvicx(released);
    auto deviation = [](const Method& method, const char* name) {
        return method.named_parameters()[name].std().item<double>();
    };
    for (const auto& [name, fan_in] :
         {std::pair{"multi_level_head.levels.4.weight", 512.0}, {"multi_level_head.head.0.weight", 512.0}}) {
        INFO(name);
        CHECK_THAT(deviation(*a, name), WithinRel(std::sqrt(2 / fan_in), 0.05));
        CHECK_THAT(deviation(*b, name), WithinRel(std::sqrt(1 / fan_in / 3), 0.05));
    }
    CHECK(a->named_parameters()["multi_level_head.levels.0.bias"].abs().max().item<double>() == 0);
    CHECK(b->named_parameters()["multi_level_head.levels.0.bias"].abs().max().item<double>() > 0);
    CHECK_THAT(deviation(*b, "encoder.layer4.1.conv2.weight"), WithinRel(std::sqrt(2 / (512.0 * 9)), 0.05));
}

TEST_CASE("mlvicx: gradients reach what each variant trains", "[unit]") {
    check_gradient_flow(*small_mlvicx(), {});
    MlvicxOptions released;
    released.variant = "as_released";
    check_gradient_flow(*small_mlvicx(released), {"multi_level_head.levels."});
}

TEST_CASE("mlvicx: a bf16 step is finite and near the float32 step", "[unit]") {
    NEEDS_BF16();
    check_bf16(*small_mlvicx());
}

TEST_CASE("mlvicx: learns", "[unit]") {
    check_learns(*small_mlvicx(), 0.005, 20, 0.8);
}

TEST_CASE("mlvicx: recipes carry the release's constants", "[unit]") {
    PretrainOptions options;
    mlvicx_recipe(options);
    CHECK(options.optimizer.name == "lars");
    CHECK(options.optimizer.learning_rate == 0.2);
    CHECK(options.optimizer.weight_decay == 1e-6);
    CHECK(options.schedule.warmup_epochs == 2);
    CHECK(options.schedule.final_factor == 0.001);
    CHECK_FALSE(options.schedule.cosine_over_all);
    CHECK(options.view2.solarize == 0.2);
    mlvicx_released_recipe(options);
    CHECK(options.schedule.cosine_over_all);
}

TEST_CASE("mlvicx: a plain encoder is refused", "[unit]") {
    CHECK_THROWS_AS(make_mlvicx(std::make_shared<ResNet>("resnet18"), {}), UserError);
}
