#include "core/json_text.h"
#include "experiments/plan_grid.h"
#include "experiments/settings.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

/// A plan's text with what it extends, its grids, and an option of the command line: all that is done before its
/// options are read as any others (the target json_file).
void plan(const Input& input) {
    static const auto base = Input::file("base.json", R"({"name": "base", "methods": ["byol", {"name": "mlvicx",
        "grid": {"hidden": [64, 128]}}], "evaluate": {"fractions": [0.1, 1], "frozen": {"k": 5}}})");
    each([&] { readable(settings_from({std::string(input.text())})); });
    const PlanText text(input.file("plan.json"));
    for (const auto& item : text.merged()) {
        const std::string key(item.key());
        text.file_of("$." + key);
        text.parts({key});
        if (!item.value().is_object()) continue;
        for (const auto& inner : item.value().get_object())
            text.file_of(fmt::format("$.{}.{}", key, inner.key_c_str()));
    }
    const auto* methods = text.merged().if_contains("methods");
    if (methods == nullptr || !methods->is_array()) return;
    const auto trains = [](const std::string& name, const std::string& where) {
        if (name.empty()) user_error("{} is empty", where);
        return name != "random";
    };
    for (const auto& method : expand_methods(text, trains)) readable(method.text);
}

} // namespace mlvicx::fuzz
