#include "core/error.h"
#include "mlvicx/direct_mlvicx.h"
#include "tests/support/mlvicx_reference.h"
#include "tests/support/temporary.h"
#include "tests/support/tiny_training.h"

#include <functional>

using namespace mlvicx;

namespace {

using Change = std::function<void(MlvicxOptions&)>;

MlvicxOptions with(const Change& change) {
    MlvicxOptions options;
    options.hidden = options.output = 32;
    options.level_channels = 16;
    change(options);
    return options;
}

std::shared_ptr<Encoder> encoder_of(const MlvicxOptions& options) {
    if (options.context == "none") return std::make_shared<ResNet>("resnet18");
    const auto parts = options.context == "channel"   ? ContextParts::channel
                       : options.context == "spatial" ? ContextParts::spatial
                                                      : ContextParts::both;
    return std::make_shared<ContextEncoder>("resnet18", parts);
}

std::shared_ptr<Method> method_of(const MlvicxOptions& options) {
    torch::manual_seed(4);
    return make_mlvicx(encoder_of(options), options);
}

Change take_levels(std::vector<std::int64_t> levels) {
    return [levels = std::move(levels)](MlvicxOptions& o) { o.levels = levels; };
}

/// Every ablation that the options offer, and some together.
const std::vector<std::pair<const char*, Change>> ablations = {
    {"lambda 0.25", [](MlvicxOptions& o) { o.multi_level_weight = 0.25; }},
    {"global only", [](MlvicxOptions& o) { o.multi_level_weight = 0; }},
    {"multi-level only", [](MlvicxOptions& o) { o.multi_level_only = true; }},
    {"last level", take_levels({5})},
    {"first levels", take_levels({1, 2})},
    {"three levels, multi-level only",
     [](MlvicxOptions& o) {
         o.levels = {1, 3, 5};
         o.multi_level_only = true;
     }},
    {"maps of 32", [](MlvicxOptions& o) { o.level_size = 32; }},
    {"two cells", [](MlvicxOptions& o) { o.level_cells = 2; }},
    {"one cell", [](MlvicxOptions& o) { o.level_cells = 1; }},
    {"no pooling", [](MlvicxOptions& o) { o.level_size = o.level_cells = 6; }},
    {"no bottlenecks", [](MlvicxOptions& o) { o.context = "none"; }},
    {"channel part", [](MlvicxOptions& o) { o.context = "channel"; }},
    {"spatial part", [](MlvicxOptions& o) { o.context = "spatial"; }},
    {"no invariance", [](MlvicxOptions& o) { o.invariance = 0; }},
    {"no variance", [](MlvicxOptions& o) { o.variance = 0; }},
    {"no covariance", [](MlvicxOptions& o) { o.covariance = 0; }},
};

json::object written(const json::value& given) {
    MlvicxOptions options;
    overlay(given, "plan.json", "$", [&](Fields& f) { fields(f, options); });
    return resolved([&](Fields& f) { fields(f, options); });
}

std::string refusal_of(const Change& change) {
    return message_of([&] { require_valid(with(change), "plan.json: $.methods[0]"); });
}

} // namespace

TEST_CASE("mlvicx ablations: defaults, written or not, leave the resolved options as they were", "[unit]") {
    const json::value before = json::parse(R"({"hidden": 4096, "output": 4096, "level_channels": 512,
        "multi_level_weight": 1.0, "invariance": 25.0, "variance": 25.0, "covariance": 1.0, "variant": "as_described"})");
    CHECK(written(json::object{}) == before.as_object());
    CHECK(written(json::parse(R"({"multi_level_only": false, "levels": [5, 3, 4, 2, 1], "level_size": 64,
                                  "level_cells": 4, "context": "both"})")) == before.as_object());
    auto changed = before.as_object();
    changed["levels"] = json::array{2, 5};
    changed["level_cells"] = 8;
    changed["context"] = "spatial";
    changed["multi_level_only"] = true;
    CHECK(written(json::parse(R"({"levels": [5, 2], "level_cells": 8, "context": "spatial",
                                  "multi_level_only": true})")) == changed);
}

TEST_CASE("mlvicx ablations: each step equals the direct form, gradients too, and trains all it has", "[slow]") {
    for (const auto& [name, change] : ablations) {
        INFO(name);
        const auto options = with(change);
        const auto method = method_of(options);
        method->to(torch::kFloat64);
        torch::manual_seed(3);
        auto [a, b] = tiny_views(6, 32);
        a = a.to(torch::kFloat64), b = b.to(torch::kFloat64);
        const auto parameters = method->parameters();
        const auto fast = method->step(a, b).loss, direct = direct_loss(*method, options, a, b);
        CHECK_THAT(fast.item<double>(), WithinRel(direct.item<double>(), 1e-9));
        const auto g = torch::autograd::grad({fast}, parameters), e = torch::autograd::grad({direct}, parameters);
        bool equal = true;
        for (std::size_t i = 0; i < g.size(); ++i) equal = equal && torch::allclose(g[i], e[i], 1e-6, 1e-8);
        CHECK(equal);
    }
}

TEST_CASE("mlvicx ablations: either loss alone is the release's", "[reference]") {
    const auto same = [](const MlvicxReference& reference, const char* loss, const std::string& head) {
        const auto output = reference.method->step(reference.view1, reference.view2);
        CHECK_THAT(output.loss.item<double>(), WithinRel(reference.number(loss), 1e-9));
        output.loss.backward();
        const auto parameters = reference.method->named_parameters();
        int compared = 0;
        for (const auto& item : reference.file.at("grad_norms").as_object()) {
            const auto name = mlvicx_name(std::string(item.key()));
            // A head's gradient comes from its own loss only. That of a bias before a norm is rounding.
            if (!name.starts_with(head) || !name.ends_with("weight") || item.value().as_double() < 1e-12) continue;
            CHECK_THAT(parameters[name].grad().norm().item<double>(), WithinRel(item.value().as_double(), 1e-8));
            ++compared;
        }
        CHECK(compared >= 6);
    };
    MlvicxOptions global, levels;
    global.multi_level_weight = 0;
    levels.multi_level_only = true;
    same(MlvicxReference(global), "loss_global", "global_head.");
    same(MlvicxReference(levels), "loss_multi_level", "multi_level_head.");
}

TEST_CASE("mlvicx ablations: a head that is not used does not exist, and leaves the other's first weights alone",
          "[unit]") {
    const auto whole = method_of(with([](MlvicxOptions&) {}));
    const auto global = method_of(with([](MlvicxOptions& o) { o.multi_level_weight = 0; }));
    const auto levels = method_of(with([](MlvicxOptions& o) { o.multi_level_only = true; }));
    CHECK_FALSE(global->named_children().contains("multi_level_head"));
    CHECK_FALSE(levels->named_children().contains("global_head"));
    const auto all = whole->named_parameters();
    std::size_t found = 0;
    for (const auto& method : {global, levels})
        for (const auto& item : method->named_parameters()) {
            CHECK(torch::equal(item.value(), all[item.key()]));
            ++found;
        }
    CHECK(found == all.size() + whole->encoder().parameters().size());
    const auto [a, b] = tiny_views(8, 32);
    for (const auto& [name, value] : global->step(a, b).terms) CHECK_FALSE(name.starts_with("multi_level"));
    for (const auto& [name, value] : levels->step(a, b).terms) CHECK_FALSE(name.starts_with("global"));
    for (const auto& method : {global, levels}) {
        const torch::NoGradGuard no_gradient;
        method->eval();
        const auto [z1, z2] = method->embeddings(a, b);
        CHECK(torch::allclose(z1, method->step(a, b).embedding));
        CHECK(z2.sizes() == torch::IntArrayRef({8, 32}));
    }
}

TEST_CASE("mlvicx ablations: widths follow the levels and the grid", "[unit]") {
    const auto parameters = method_of(with([](MlvicxOptions& o) {
                                o.levels = {2, 4};
                                o.level_cells = 2;
                            }))->named_parameters();
    CHECK(parameters["multi_level_head.levels.0.weight"].sizes() == torch::IntArrayRef({16, 64, 1, 1}));
    CHECK(parameters["multi_level_head.levels.1.weight"].sizes() == torch::IntArrayRef({16, 256, 1, 1}));
    CHECK_FALSE(parameters.contains("multi_level_head.levels.2.weight"));
    CHECK(parameters["multi_level_head.head.0.weight"].sizes() == torch::IntArrayRef({32, 4 * 16}));
}

TEST_CASE("mlvicx ablations: what trains nothing, or does not fit, is refused", "[unit]") {
    const std::vector<std::pair<Change, std::string>> cases = {
        {take_levels({1, 3, 3}), "$.methods[0].levels has 3 twice"},
        {[](MlvicxOptions& o) { o.level_cells = 5; }, "$.methods[0].level_size is 64, expected a multiple"},
        {[](MlvicxOptions& o) { o.invariance = o.variance = o.covariance = 0; }, "all 0"},
        {[](MlvicxOptions& o) {
             o.multi_level_only = true;
             o.multi_level_weight = 0;
         },
         "$.methods[0].multi_level_weight is 0"},
        {[](MlvicxOptions& o) {
             o.multi_level_only = true;
             o.levels = {1, 4};
         },
         "$.methods[0].levels ends with 4"},
    };
    for (const auto& [change, part] : cases) {
        const auto message = refusal_of(change);
        INFO(message);
        CHECK(contains(message, part));
        CHECK(message.starts_with("plan.json: "));
    }
    CHECK(contains(message_of([] { written(json::parse(R"({"levels": [0]})")); }), "$.levels[0] is 0"));
    CHECK(contains(message_of([] { written(json::parse(R"({"context": "chanel"})")); }), "channel"));
    CHECK(contains(message_of([] {
                       make_mlvicx(std::make_shared<ContextEncoder>("resnet18"),
                                   with([](MlvicxOptions& o) { o.context = "channel"; }));
                   }),
                   "\"resnet18+channel_context\""));
}
