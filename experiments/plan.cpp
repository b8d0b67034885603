#include "experiments/plan.h"

#include "core/error.h"
#include "core/suggest.h"
#include "experiments/plan_check.h"
#include "experiments/plan_controls.h"
#include "experiments/plan_grid.h"
#include "experiments/plan_paths.h"
#include "experiments/plan_text.h"
#include "experiments/recipe_table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace mlvicx {

namespace fs = std::filesystem;

const PlanDataset& Plan::dataset(const std::string& dataset_name) const {
    for (const auto& item : datasets)
        if (item.name == dataset_name) return item;
    throw InternalError("no dataset \"" + dataset_name + "\" in the plan");
}

std::string Plan::where_external(std::size_t test) const {
    return fmt::format("{}: $.evaluate.external[{}]", file.string(), test);
}

PlanEvaluation Plan::evaluation_of(const PlanMethod& method) const {
    PlanEvaluation options = evaluate;
    options.features = method.features;
    options.image_size = method.image_size;
    return options;
}

namespace {

const std::vector<std::string> networks = {"resnet18", "resnet50"};

/// Overlays what each file wrote.
void overlay_all(const std::vector<PlanPart>& parts, const std::function<void(Fields&)>& fields) {
    for (const auto& part : parts) overlay(part.value, part.where, part.path, fields);
}

/// A name, or a list of names.
std::vector<std::string> dataset_names(const json::value& value, const std::string& place) {
    if (value.is_string()) return {std::string(value.get_string())};
    if (!value.is_array()) user_error("{} is neither a dataset's name nor a list of names", place);
    std::vector<std::string> names;
    for (const auto& name : value.get_array()) {
        if (!name.is_string()) user_error("{} has an entry that is not a dataset's name", place);
        names.emplace_back(name.get_string());
    }
    if (names.empty()) user_error("{} is empty, expected at least one dataset", place);
    return names;
}

/// A plan being read; keeps its text for messages, which name the file of a key, and for relative paths.
class Reading {
public:
    Reading(const fs::path& file, const std::map<std::string, std::string>& roots, std::vector<UnsetVariable>* unset)
        : text_(file), roots_(roots), unset_(unset) {
        plan_.file = file;
    }

    Plan plan() {
        const json::object& text = text_.merged();
        const std::vector<std::string> known = {"about",   "audit",    "controls", "datasets", "device",
                                                "encoder", "evaluate", "extends",  "grid",     "methods",
                                                "name",    "pretrain", "seeds"};
        for (const auto& item : text)
            if (const std::string_view key = item.key(); std::find(known.begin(), known.end(), key) == known.end())
                user_error("{}: $.{}: unknown key; expected one of: {}{}", where("$." + std::string(key)), key,
                           fmt::join(known, ", "), did_you_mean(key, known));
        for (auto& part : text_.parts({})) {
            json::object& scalars = part.value.get_object(); // values that need no other part of the plan
            for (const char* key : {"controls", "datasets", "evaluate", "grid", "methods", "pretrain"})
                scalars.erase(key);
            overlay(part.value, part.where, "$", [&](Fields& f) {
                f.field("name", plan_.name);
                f.field("about", plan_.about);
                f.field("audit", plan_.audit);
                f.field("device", plan_.device);
                f.field("encoder", plan_.encoder, networks);
                f.field("seeds", plan_.seeds, at_least(0));
            });
        }
        if (plan_.name.empty()) user_error("{}: $.name is missing, expected the experiment's name", where("$.name"));
        require("datasets", json::kind::object);
        read_datasets(text.at("datasets").get_object());
        if (text.contains("evaluate")) read_evaluation();
        resolve_paths("$.evaluate", evaluation_fields());
        require("methods", json::kind::array);
        read_methods(read_common_pretrain());
        add_controls(plan_, text.if_contains("controls"), where("$.controls"));
        auto& evaluated = plan_.evaluate.datasets;
        if (evaluated.empty()) evaluated = plan_.pretrain_datasets;
        check_lists(plan_, text_);
        require_complete(plan_);
        return std::move(plan_);
    }

private:
    std::string where(std::string_view path) const { return text_.file_of(path).string(); }

    void require(const char* key, json::kind kind) const {
        const auto* found = text_.merged().if_contains(key);
        const std::string path = std::string("$.") + key;
        const char* expected = kind == json::kind::object ? "an object" : "a list";
        if (!found) user_error("{}: {} is missing, expected {}", where(path), path, expected);
        if (found->kind() != kind) user_error("{}: {} is not {}", where(path), path, expected);
    }

    void read_evaluation() {
        json::value all = text_.merged().at("evaluate");
        plan_.external = take_external_tests(all, where("$.evaluate.external"));
        auto parts = text_.parts({"evaluate"});
        for (auto& part : parts)
            if (part.value.is_object()) part.value.get_object().erase("external");
        overlay_all(parts, evaluation_fields());
    }

    std::function<void(Fields&)> evaluation_fields() {
        return [this](Fields& f) { fields(f, plan_.evaluate); };
    }

    /// Makes the paths among the fields absolute.
    void resolve_paths(const std::string& where_in_plan, const std::function<void(Fields&)>& fields) const {
        each_path(fields, [&](const std::string& key, std::string& path) {
            path = resolved_path(text_, path, where_in_plan + "." + key, unset_);
        });
    }

    void read_datasets(const json::object& entries) {
        const std::string file = where("$.datasets");
        if (entries.empty()) user_error("{}: $.datasets is empty, expected at least one dataset", file);
        for (const auto& [name, folder] : roots_)
            if (!entries.contains(name))
                user_error("{}: --root names \"{}\", which is not one of its datasets", file, name);
        for (const auto& item : entries) {
            PlanDataset dataset;
            dataset.name = std::string(item.key());
            const std::string path = "$.datasets." + dataset.name;
            const bool usable = std::all_of(dataset.name.begin(), dataset.name.end(),
                                            [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
            if (!usable || dataset.name.empty())
                user_error("{}: {}: expected a name of letters, digits, - and _", where(path), path);
            const bool is_prepared = item.value().is_object() && item.value().get_object().contains("file");
            std::string prepared;
            const auto dataset_fields = [&](Fields& f) {
                if (is_prepared)
                    f.field({"file", "A prepared file", FieldKey::file}, prepared);
                else
                    fields(f, dataset.import);
            };
            overlay_all(text_.parts({"datasets", dataset.name}), dataset_fields);
            const auto root = roots_.find(dataset.name);
            if (root != roots_.end() && is_prepared)
                user_error("{}: --root names \"{}\", which is a prepared file without a root", where(path),
                           dataset.name);
            if (root != roots_.end()) dataset.import.root.clear(); // the path that it names need not exist
            resolve_paths(path, dataset_fields);
            if (root != roots_.end()) dataset.import.root = fs::absolute(root->second).lexically_normal().string();
            dataset.prepared = prepared;
            plan_.datasets.push_back(std::move(dataset));
        }
    }

    /// Reads what concerns all methods; returns the options of pre-training.
    std::vector<PlanPart> read_common_pretrain() {
        if (plan_.datasets.size() == 1) plan_.pretrain_datasets = {plan_.datasets.front().name};
        if (!text_.merged().contains("pretrain")) return {};
        require("pretrain", json::kind::object);
        const json::object& all = text_.merged().at("pretrain").get_object();
        if (const auto* dataset = all.if_contains("dataset"))
            plan_.pretrain_datasets = dataset_names(*dataset, where("$.pretrain.dataset") + ": $.pretrain.dataset");
        if (const auto* exclude = all.if_contains("exclude_overlap")) {
            if (!exclude->is_bool())
                user_error("{}: $.pretrain.exclude_overlap is not true or false", where("$.pretrain.exclude_overlap"));
            plan_.exclude_overlap = exclude->get_bool();
        }
        auto parts = text_.parts({"pretrain"});
        for (auto& part : parts) {
            json::object& options = part.value.get_object();
            for (const char* key : {"dataset", "exclude_overlap"}) options.erase(key);
            recipe_ = take_recipe(options, part.where, part.path, recipe_);
        }
        PretrainOptions checked; // checked even if the plan has only controls
        overlay_all(parts, [&](Fields& f) { fields(f, checked); });
        return parts;
    }

    void read_methods(const std::vector<PlanPart>& common) {
        if (text_.merged().at("methods").get_array().empty())
            user_error("{}: $.methods is empty, expected at least one method", where("$.methods"));
        const auto entries = expand_methods(
            text_, [](const std::string& name, const std::string& place) { return method_entry(name, place).trains; });
        for (const auto& entry : entries) read_method(entry, common);
        json::object text = text_.merged();
        json::array& methods = text.at("methods").get_array();
        const bool has_grid = std::any_of(methods.begin(), methods.end(), [](const json::value& method) {
            return method.is_object() && method.get_object().contains("grid");
        });
        if (text.erase("grid") > 0 || has_grid) {
            methods.clear();
            for (const auto& entry : entries) methods.emplace_back(entry.text);
        }
        plan_.text = std::move(text);
    }

    void read_method(const MethodText& text, const std::vector<PlanPart>& common) {
        const std::string place = where(text.path) + ": " + text.path;
        const auto name = json::value_to<std::string>(text.text.at("name"));
        PlanMethod method;
        method.entry = &method_entry(name, place);
        const auto* label = text.text.if_contains("label");
        method.label = label && !label->get_string().empty() ? json::value_to<std::string>(*label) : name;
        method.encoder = plan_.encoder;
        method.features = plan_.evaluate.features;
        method.image_size = plan_.evaluate.image_size;
        auto& own = method.own;
        for (const auto& dataset : plan_.datasets) own.features.files[dataset.name]; // the keys that "files" may have
        const auto& entry = *method.entry;
        const auto entry_fields = [&](Fields& f) {
            entry.fields(f, own);
            f.field("encoder", method.encoder, networks);
            f.group("evaluate", [&](Fields& inner) { input_fields(inner, method.image_size, method.features); });
        };
        if (entry.trains) {
            auto parts = text.parts;
            std::string recipe = recipe_;
            for (auto& part : parts) recipe = take_recipe(part.value.as_object(), part.where, part.path, recipe);
            method.pretrain = resolve_pretrain(entry, [&](PretrainOptions& options) {
                overlay_recipe(recipe, entry, own, options);
                overlay_all(common, [&](Fields& f) { fields(f, options); });
                overlay_all(parts, [&](Fields& f) {
                    entry_fields(f);
                    fields(f, options);
                });
            });
            require_valid(method.pretrain, place);
            require_valid(own, place);
        } else {
            overlay_all(text.parts, entry_fields);
        }
        resolve_paths(text.path, [&](Fields& f) { entry.fields(f, own); });
        if (name == "weights" && own.weights.file.empty())
            user_error("{}.file is missing, expected a file of weights", place);
        plan_.methods.push_back(std::move(method));
    }

    const PlanText text_;
    const std::map<std::string, std::string>& roots_;
    std::vector<UnsetVariable>* const unset_;
    std::string recipe_ = recipe_table().front().name; ///< of methods that have none of their own
    Plan plan_;
};

} // namespace

Plan read_plan(const fs::path& file, const std::map<std::string, std::string>& roots,
               std::vector<UnsetVariable>* unset) {
    return Reading(file, roots, unset).plan();
}

torch::Device device_of(const Plan& plan, const std::string& given) {
    if (!given.empty()) return device_from(given);
    try {
        return device_from(plan.device);
    } catch (const UserError& error) {
        user_error("{}: $.device: {}", plan.file.string(), error.what());
    }
}

} // namespace mlvicx
