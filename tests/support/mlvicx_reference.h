#pragma once

#include "mlvicx/context_encoder.h"
#include "mlvicx/mlvicx.h"
#include "tests/support/formula.h"

#include <torch/torch.h>

#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>

namespace mlvicx {

/// Our name for a parameter of the release.
inline std::string mlvicx_name(std::string name) {
    static const std::pair<std::regex, const char*> rules[] = {
        {std::regex(R"(^encoder\.encoder\.0\.)"), "encoder.conv1."},
        {std::regex(R"(^encoder\.encoder\.1\.)"), "encoder.bn1."},
        {std::regex(R"(^encoder\.encoder\.4\.)"), "encoder.layer1."},
        {std::regex(R"(^encoder\.encoder\.5\.)"), "encoder.layer2."},
        {std::regex(R"(^encoder\.encoder\.6\.)"), "encoder.layer3."},
        {std::regex(R"(^encoder\.encoder\.7\.)"), "encoder.layer4."},
        {std::regex(R"(^encoder\.projetion\.l1\.0\.)"), "global_head.0."},
        {std::regex(R"(^encoder\.projetion\.l1\.1\.)"), "global_head.1."},
        {std::regex(R"(^encoder\.projetion\.l2\.0\.)"), "global_head.3."},
        {std::regex(R"(^encoder\.projetion\.l2\.1\.)"), "global_head.4."},
        {std::regex(R"(^encoder\.projetion\.l3\.0\.)"), "global_head.6."},
        {std::regex(R"(^encoder\.projetion\.l3\.1\.)"), "global_head.7."},
        {std::regex(R"(^encoder\.cbt1\.)"), "encoder.context.0."},
        {std::regex(R"(^encoder\.cbt2\.)"), "encoder.context.1."},
        {std::regex(R"(^encoder\.cbt3\.)"), "encoder.context.2."},
        {std::regex(R"(^encoder\.cbt4\.)"), "encoder.context.3."},
        {std::regex(R"(^encoder\.cbt5\.)"), "encoder.context.4."},
        {std::regex(R"(\.cam\.fc\.0\.)"), ".squeeze."},
        {std::regex(R"(\.cam\.fc\.2\.)"), ".expand."},
        {std::regex(R"(\.sam\.conv1\.)"), ".spatial."},
        {std::regex(R"(^encoder\.resize_project\.convs\.)"), "multi_level_head.levels."},
        {std::regex(R"(^encoder\.resize_project\.conv_head\.projection\.2\.)"), "multi_level_head.head.0."},
        {std::regex(R"(^encoder\.resize_project\.conv_head\.projection\.3\.)"), "multi_level_head.head.1."},
        {std::regex(R"(^encoder\.resize_project\.conv_head\.projection\.5\.)"), "multi_level_head.head.3."},
        {std::regex(R"(^encoder\.resize_project\.conv_head\.projection\.6\.)"), "multi_level_head.head.4."},
        {std::regex(R"(^encoder\.resize_project\.conv_head\.projection\.8\.)"), "multi_level_head.head.6."},
        {std::regex(R"(^encoder\.resize_project\.conv_head\.projection\.9\.)"), "multi_level_head.head.7."},
    };
    for (const auto& [pattern, replacement] : rules) name = std::regex_replace(name, pattern, replacement);
    return name;
}

/// The release's model and views as mlvicx_model.json defines them, in float64. With options of an ablation: the
/// networks that it has, with the same weights.
struct MlvicxReference {
    json::value file = read_json(MLVICX_TEST_DATA "/mlvicx_model.json");
    MlvicxOptions options;
    std::shared_ptr<Method> method;
    torch::Tensor view1, view2;

    explicit MlvicxReference(const MlvicxOptions& given = {}) : options(given) {
        options.hidden = options.output = 64;
        method = make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), options);
        method->to(torch::kFloat64);
        auto parameters = method->named_parameters();
        const auto& list = file.at("parameters").as_array();
        const bool whole = !options.multi_level_only && options.multi_level_weight > 0;
        if (whole) REQUIRE(parameters.size() == list.size());
        torch::NoGradGuard no_grad;
        for (const auto& item : list) {
            const std::string name(item.at(1).as_string());
            const auto shape = integers(item.at(2));
            if (!whole && !parameters.contains(mlvicx_name(name))) continue;
            auto& parameter = parameters[mlvicx_name(name)];
            REQUIRE(parameter.sizes().vec() == shape);
            parameter.copy_(formula_parameter(name, shape, 100 + static_cast<std::uint64_t>(item.at(0).as_int64())));
        }
        view1 = 2 * noise({8, 3, 64, 64}, 51);
        view2 = noise({8, 3, 64, 64}, 51) + noise({8, 3, 64, 64}, 52);
    }
    double number(const char* key) const { return file.at(key).as_double(); }
};

inline double term(const StepOutput& output, const std::string& name) {
    for (const auto& [key, value] : output.terms)
        if (key == name) return value.item<double>();
    throw std::logic_error(name);
}

} // namespace mlvicx
