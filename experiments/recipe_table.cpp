#include "experiments/recipe_table.h"

#include <algorithm>

namespace mlvicx {

namespace {

/// Why these values: docs/kermany.md has the measurements.
///
/// LARS moves a layer by rate x trust / (1 - momentum) of its norm per step, whatever its gradient. The authors' rates,
/// 0.2 to 0.3, are for a hundred thousand steps and hardly move a network within a thousand; ten times as much does.
/// Norms and biases, which LARS updates without trust ratio, get Barlow Twins' fraction of the rate (0.0048 / 0.2): at
/// the full rate their scales grow until MLVICX's gates are shut. Crops keep 30 % of the image, because two crops of 8
/// % rarely share any part of the lungs; nothing is solarized, because it turns opacities dark. BYOL's target follows
/// at once at first: with the authors' 0.99 nothing is learned in some hundred steps. Heads are as wide as a batch of
/// some hundred images can fill.
RecipeEntry small() {
    return {"small", "thousands of images, batches of 64 to 256, some thousand steps",
            json::parse(R"({
                "optimizer": {"name": "lars", "learning_rate": 3, "bias_rate_factor": 0.024, "weight_decay": 1e-6},
                "view1": {"crop_low": 0.3},
                "view2": {"crop_low": 0.3, "solarize": 0}
            })")
                .as_object(),
            json::parse(R"({
                "byol": {"hidden": 1024, "target_rate": 0, "predictor_rate_factor": 10},
                "vicreg": {"hidden": 1024, "output": 1024},
                "barlow_twins": {"hidden": 1024, "output": 1024},
                "mlvicx": {"hidden": 1024, "output": 1024, "level_channels": 128}
            })")
                .as_object()};
}

const RecipeEntry& recipe_entry(const std::string& name) {
    const auto& table = recipe_table();
    return *std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.name == name; });
}

} // namespace

const std::vector<RecipeEntry>& recipe_table() {
    static const std::vector<RecipeEntry> table = {
        {"authors", "each method's own views, optimiser and schedule, for ImageNet's size", {}, {}},
        small(),
    };
    return table;
}

std::string take_recipe(json::object& options, const std::string& where, const std::string& path,
                        const std::string& usual) {
    std::string name = usual;
    const auto* found = options.if_contains("recipe");
    if (!found) return name;
    std::vector<std::string> names;
    for (const auto& entry : recipe_table()) names.push_back(entry.name);
    overlay(json::object{{"recipe", *found}}, where, path, [&](Fields& f) { f.field("recipe", name, names); });
    options.erase("recipe");
    return name;
}

void overlay_recipe(const std::string& name, const MethodEntry& method, MethodOptions& own, PretrainOptions& options) {
    const RecipeEntry& recipe = recipe_entry(name);
    const std::string where = "recipe " + recipe.name;
    overlay(recipe.all, where, "$", [&](Fields& f) { fields(f, options); });
    if (const auto* more = recipe.methods.if_contains(method.name))
        overlay(*more, where, "$." + method.name, [&](Fields& f) {
            method.fields(f, own);
            fields(f, options);
        });
}

} // namespace mlvicx
