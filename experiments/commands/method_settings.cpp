#include "experiments/commands/method_settings.h"

#include "experiments/recipe_table.h"

namespace mlvicx {

PlanMethod method_with(const std::string& name, const std::string& encoder, json::object settings) {
    PlanMethod method;
    method.entry = &method_entry(name, "--method");
    method.label = name;
    method.encoder = encoder;
    const std::string recipe = take_recipe(settings, "--set", "$");
    method.pretrain = resolve_pretrain(*method.entry, [&](PretrainOptions& options) {
        overlay_recipe(recipe, *method.entry, method.own, options);
        overlay(settings, "--set", "$", [&](Fields& f) {
            method.entry->fields(f, method.own);
            fields(f, options);
        });
    });
    require_valid(method.pretrain, "--set: $");
    require_valid(method.own, "--set: $");
    return method;
}

} // namespace mlvicx
