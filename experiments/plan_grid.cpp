#include "experiments/plan_grid.h"

#include "core/config.h"
#include "core/error.h"
#include "core/json_text.h"
#include "experiments/settings.h"

#include <algorithm>
#include <span>
#include <utility>

namespace mlvicx {

namespace {

constexpr std::ptrdiff_t deepest = 8;  ///< groups that a key may reach into
constexpr double most_methods = 10000; ///< of all grids of a plan together

/// A key of a grid, with its values and where it was written.
struct Axis {
    std::string where, path, key;
    json::array values;
};

std::vector<Axis> axes_of(const json::value& grid, const std::string& path,
                          const std::function<std::string(const std::string& path)>& file_of) {
    if (!grid.is_object() || grid.get_object().empty())
        user_error("{}: {} is {}, expected an object of keys and lists of values", file_of(path), path, readable(grid));
    std::vector<Axis> axes;
    for (const auto& item : grid.get_object()) {
        const std::string key(item.key()), here = path + "." + key, file = file_of(here);
        if (key == "name" || key == "label" || key == "grid")
            user_error("{}: {}: a grid has options of a method, not its {}", file, here, key);
        if (std::count(key.begin(), key.end(), '.') > deepest)
            user_error("{}: {} has \"{:.40}...\", expected an option of a method", file, path, key);
        if (!item.value().is_array() || item.value().get_array().empty())
            user_error("{}: {} is {}, expected a list of at least one value", file, here, readable(item.value()));
        const json::array& values = item.value().get_array();
        for (auto at = values.begin(); at != values.end(); ++at)
            if (std::find(values.begin(), at, *at) != at)
                user_error("{}: {} has {} twice, expected once", file, here, readable(*at));
        axes.push_back({file, path, key, values});
    }
    return axes;
}

json::object nested(const std::string& key, const json::value& value) {
    json::object object;
    *place_of(object, key) = value;
    return object;
}

/// Writes `value` over what an object has at a dotted key.
void overwrite(json::object& object, const std::string& key, const json::value& value) {
    const std::size_t dot = key.find('.');
    json::value& at = object[key.substr(0, dot)];
    if (dot == std::string::npos) {
        at = value;
        return;
    }
    if (!at.is_object()) at = json::object{};
    overwrite(at.get_object(), key.substr(dot + 1), value);
}

std::string short_text(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : readable(value);
}

/// Adds the entries of all combinations of the axes.
void combine(const MethodText& entry, const std::string& label, const std::string& chosen, std::span<const Axis> axes,
             std::vector<MethodText>& entries) {
    if (axes.empty()) {
        entries.push_back(entry);
        entries.back().text["label"] = label + " (" + chosen + ")";
        return;
    }
    const Axis& axis = axes.front();
    for (const auto& value : axis.values) {
        MethodText next = entry;
        overwrite(next.text, axis.key, value);
        next.parts.push_back({axis.where, axis.path, nested(axis.key, value)});
        combine(next, label, chosen + (chosen.empty() ? "" : "; ") + axis.key + " " + short_text(value),
                axes.subspan(1), entries);
    }
}

/// The axes of the plan's grid and of the entry's own.
std::vector<Axis> joined(std::vector<Axis> common, const std::vector<Axis>& own, const std::string& method) {
    std::erase_if(common, [&](const Axis& axis) {
        return std::any_of(own.begin(), own.end(), [&](const Axis& other) { return other.key == axis.key; });
    });
    for (auto& axis : common) axis.where += ": for " + method;
    common.insert(common.end(), own.begin(), own.end());
    return common;
}

/// An entry as the file has it: its options, and apart from them its name and label.
struct Named {
    MethodText entry;
    std::string name, label;
    std::vector<Axis> axes; ///< of its own grid
};

Named named(const json::value& item, const std::string& file, const std::string& path) {
    Named result;
    result.entry.path = path;
    json::object& text = result.entry.text;
    if (item.is_string())
        text["name"] = item;
    else if (item.is_object())
        text = item.get_object();
    else
        user_error("{}: {}: expected a method's name or an object with \"name\"", file, path);
    if (!text.contains("name")) user_error("{}: {}.name is missing, expected a method's name", file, path);
    json::object naming;
    for (const char* key : {"name", "label"})
        if (const auto* found = text.if_contains(key)) naming[key] = *found;
    overlay(naming, file, path, [&](Fields& f) {
        f.field("name", result.name);
        f.field("label", result.label);
    });
    if (result.label.empty()) result.label = result.name;
    if (const auto* grid = text.if_contains("grid")) {
        result.axes = axes_of(*grid, path + ".grid", [&](const std::string&) { return file; });
        text.erase("grid");
    }
    json::object options = text;
    for (const char* key : {"name", "label"}) options.erase(key);
    result.entry.parts.push_back({file, path, options});
    return result;
}

} // namespace

std::vector<MethodText>
expand_methods(const PlanText& plan,
               const std::function<bool(const std::string& name, const std::string& where)>& trains) {
    const std::string file = plan.file_of("$.methods").string();
    std::vector<Axis> common;
    if (const auto* grid = plan.merged().if_contains("grid"))
        common = axes_of(*grid, "$.grid", [&](const std::string& path) { return plan.file_of(path).string(); });
    std::vector<MethodText> entries;
    std::size_t index = 0;
    double count = 0;
    bool used = common.empty();
    for (const auto& item : plan.merged().at("methods").as_array()) {
        const Named method = named(item, file, fmt::format("$.methods[{}]", index++));
        const bool takes_common = trains(method.name, file + ": " + method.entry.path);
        used = used || takes_common;
        const auto axes = joined(takes_common ? common : std::vector<Axis>(), method.axes, method.name);
        if (axes.empty()) {
            entries.push_back(method.entry);
            continue;
        }
        double combinations = 1;
        for (const auto& axis : axes) combinations *= static_cast<double>(axis.values.size());
        count += combinations;
        if (count > most_methods)
            user_error("{}: {} makes {:.6g} methods with its grid, and the plan has {:.6g} with it, expected at most "
                       "{:.0f}",
                       file, method.entry.path, combinations, count, most_methods);
        combine(method.entry, method.label, "", axes, entries);
    }
    if (!used) user_error("{}: $.grid is for methods that train, but none of $.methods does", common.front().where);
    return entries;
}

} // namespace mlvicx
