#include "experiments/plan.h"

#include "core/error.h"
#include "core/suggest.h"
#include "experiments/plan_controls.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
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

namespace {

/// A plan being read; keeps its file's name for messages and its folder for relative paths.
class Reading {
public:
    Reading(const fs::path& file, const std::map<std::string, std::string>& roots) : file_(file), roots_(roots) {
        plan_.file = file;
        plan_.text = read_json(file);
    }

    Plan plan() {
        if (!plan_.text.is_object()) user_error("{}: $ is not an object, expected a plan", where());
        const json::object& text = plan_.text.get_object();
        const std::vector<std::string> known = {"about",    "audit",   "controls", "datasets", "encoder",
                                                "evaluate", "methods", "name",     "pretrain", "seeds"};
        json::object scalars; // values that need no other part of the plan
        for (const auto& item : text) {
            const std::string_view key = item.key();
            if (std::find(known.begin(), known.end(), key) == known.end())
                user_error("{}: $.{}: unknown key; expected one of: {}{}", where(), key, fmt::join(known, ", "),
                           did_you_mean(key, known));
            if (key == "name" || key == "about" || key == "audit" || key == "encoder" || key == "seeds")
                scalars[key] = item.value();
        }
        overlay(scalars, where(), "$", [&](Fields& f) {
            f.field("name", plan_.name);
            f.field("about", plan_.about);
            f.field("audit", plan_.audit);
            f.field("encoder", plan_.encoder, {"resnet18", "resnet50"});
            f.field("seeds", plan_.seeds, at_least(0));
        });
        if (plan_.name.empty()) user_error("{}: $.name is missing, expected the experiment's name", where());
        read_datasets(part(text, "datasets", json::kind::object).get_object());
        const json::value nothing = json::object{};
        const auto* pretraining = text.if_contains("pretrain");
        read_methods(part(text, "methods", json::kind::array).get_array(), pretraining ? *pretraining : nothing);
        const auto* evaluation = text.if_contains("evaluate");
        json::value own = evaluation ? *evaluation : nothing;
        plan_.external = take_external_tests(own, where());
        overlay(own, where(), "$.evaluate", [&](Fields& f) { fields(f, plan_.evaluate); });
        resolve_paths("$.evaluate", [&](Fields& f) { fields(f, plan_.evaluate); });
        add_controls(plan_, text.if_contains("controls"), where());
        check_lists();
        require_complete(plan_);
        return std::move(plan_);
    }

private:
    std::string where() const { return file_.string(); }

    const json::value& part(const json::object& text, const char* key, json::kind kind) const {
        const auto* found = text.if_contains(key);
        const char* expected = kind == json::kind::object ? "an object" : "a list";
        if (!found) user_error("{}: $.{} is missing, expected {}", where(), key, expected);
        if (found->kind() != kind) user_error("{}: $.{} is not {}", where(), key, expected);
        return *found;
    }

    /// Makes the paths among the fields absolute.
    void resolve_paths(const std::string& where_in_plan, const std::function<void(Fields&)>& fields) const {
        each_path(fields, [&](const std::string& key, std::string& path) {
            path = resolve_path(path, where_in_plan + "." + key);
        });
    }

    /// Makes a path of the plan absolute.
    std::string resolve_path(const std::string& text, const std::string& key) const {
        std::string result;
        for (std::size_t at = 0; at < text.size();) {
            const bool variable = text.compare(at, 2, "${") == 0;
            const std::size_t end = variable ? text.find('}', at) : at;
            if (end == std::string::npos) user_error("{}: {} is \"{}\", \"${{\" without \"}}\"", where(), key, text);
            if (!variable) {
                result += text[at++];
                continue;
            }
            const std::string name = text.substr(at + 2, end - at - 2);
            const char* value = std::getenv(name.c_str());
            if (!value || !*value)
                user_error("{}: {} is \"{}\", but the environment variable {} is not set", where(), key, text, name);
            result += value;
            at = end + 1;
        }
        const fs::path folder = fs::absolute(file_).parent_path();
        return (folder / result).lexically_normal().string(); // an absolute right side replaces the left one
    }

    void read_datasets(const json::object& entries) {
        if (entries.empty()) user_error("{}: $.datasets is empty, expected at least one dataset", where());
        for (const auto& [name, folder] : roots_)
            if (!entries.contains(name))
                user_error("{}: --root names \"{}\", which is not one of its datasets", where(), name);
        for (const auto& item : entries) {
            PlanDataset dataset;
            dataset.name = std::string(item.key());
            const std::string path = "$.datasets." + dataset.name;
            const bool usable = std::all_of(dataset.name.begin(), dataset.name.end(),
                                            [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
            if (!usable || dataset.name.empty())
                user_error("{}: {}: expected a name of letters, digits, - and _", where(), path);
            const bool is_prepared = item.value().is_object() && item.value().get_object().contains("file");
            std::string prepared;
            const auto dataset_fields = [&](Fields& f) {
                if (is_prepared)
                    f.field({"file", "A prepared file", FieldKey::file}, prepared);
                else
                    fields(f, dataset.import);
            };
            overlay(item.value(), where(), path, dataset_fields);
            const auto root = roots_.find(dataset.name);
            if (root != roots_.end() && is_prepared)
                user_error("{}: --root names \"{}\", which is a prepared file without a root", where(), dataset.name);
            if (root != roots_.end()) dataset.import.root.clear(); // the path that it names need not exist
            resolve_paths(path, dataset_fields);
            if (root != roots_.end()) dataset.import.root = fs::absolute(root->second).lexically_normal().string();
            dataset.prepared = prepared;
            plan_.datasets.push_back(std::move(dataset));
        }
    }

    void read_methods(const json::array& entries, json::value common) {
        if (!common.is_object()) user_error("{}: $.pretrain is not an object", where());
        if (const auto* dataset = common.get_object().if_contains("dataset")) {
            if (!dataset->is_string()) user_error("{}: $.pretrain.dataset is not a text", where());
            plan_.pretrain_dataset = std::string(dataset->get_string());
            common.get_object().erase("dataset");
        } else if (plan_.datasets.size() == 1) {
            plan_.pretrain_dataset = plan_.datasets.front().name;
        }
        if (const auto* exclude = common.get_object().if_contains("exclude_overlap")) {
            if (!exclude->is_bool()) user_error("{}: $.pretrain.exclude_overlap is not true or false", where());
            plan_.exclude_overlap = exclude->get_bool();
            common.get_object().erase("exclude_overlap");
        }
        PretrainOptions checked; // checked even if the plan has only controls
        overlay(common, where(), "$.pretrain", [&](Fields& f) { fields(f, checked); });
        if (entries.empty()) user_error("{}: $.methods is empty, expected at least one method", where());
        for (std::size_t i = 0; i < entries.size(); ++i)
            read_method(entries[i], fmt::format("$.methods[{}]", i), common);
    }

    void read_method(const json::value& item, const std::string& path, const json::value& common) {
        json::object rest;
        if (item.is_string())
            rest["name"] = item;
        else if (item.is_object())
            rest = item.get_object();
        else
            user_error("{}: {}: expected a method's name or an object with \"name\"", where(), path);
        if (!rest.contains("name")) user_error("{}: {}.name is missing, expected a method's name", where(), path);
        json::object naming;
        for (const char* key : {"name", "label"}) {
            if (const auto* found = rest.if_contains(key)) naming[key] = *found;
            rest.erase(key);
        }
        PlanMethod method;
        std::string name;
        overlay(naming, where(), path, [&](Fields& f) {
            f.field("name", name);
            f.field("label", method.label);
        });
        method.entry = &method_entry(name, where() + ": " + path);
        if (method.label.empty()) method.label = name;
        auto& own = method.own;
        for (const auto& dataset : plan_.datasets) own.features.files[dataset.name]; // the keys that "files" may have
        const auto& entry = *method.entry;
        if (entry.trains) {
            method.pretrain = resolve_pretrain(entry, [&](PretrainOptions& options) {
                overlay(common, where(), "$.pretrain", [&](Fields& f) { fields(f, options); });
                overlay(rest, where(), path, [&](Fields& f) {
                    entry.fields(f, own);
                    fields(f, options);
                });
            });
            require_valid(method.pretrain, where() + ": " + path);
        } else {
            overlay(rest, where(), path, [&](Fields& f) { entry.fields(f, own); });
        }
        resolve_paths(path, [&](Fields& f) { entry.fields(f, own); });
        if (name == "weights" && own.weights.file.empty())
            user_error("{}: {}.file is missing, expected a file of weights", where(), path);
        plan_.methods.push_back(std::move(method));
    }

    void check_lists() {
        auto& evaluate = plan_.evaluate;
        const bool trains = std::any_of(plan_.methods.begin(), plan_.methods.end(),
                                        [](const PlanMethod& method) { return method.entry->trains; });
        if (trains && plan_.pretrain_dataset.empty())
            user_error("{}: $.pretrain.dataset is missing, expected one of: {}", where(), dataset_names());
        if (evaluate.datasets.empty() && !plan_.pretrain_dataset.empty()) evaluate.datasets = {plan_.pretrain_dataset};
        if (!plan_.pretrain_dataset.empty()) known_dataset(plan_.pretrain_dataset, "$.pretrain.dataset");
        for (const auto& name : evaluate.datasets) known_dataset(name, "$.evaluate.datasets");
        for (const auto& protocol : evaluate.protocols) protocol_entry(protocol, where() + ": $.evaluate.protocols");
        for (const auto& [key, only] : evaluate.only_datasets)
            for (const auto& name : only)
                if (std::find(evaluate.datasets.begin(), evaluate.datasets.end(), name) == evaluate.datasets.end())
                    user_error("{}: $.evaluate.{}.datasets names \"{}\", expected one of $.evaluate.datasets: {}",
                               where(), key, name, fmt::join(evaluate.datasets, ", "));
        for (const double fraction : evaluate.fractions)
            if (fraction > 1 && fraction != std::floor(fraction))
                user_error("{}: $.evaluate.fractions has {}, expected a fraction up to 1 or a whole number of images",
                           where(), fraction);
        std::vector<std::string> labels;
        for (const auto& method : plan_.methods) labels.push_back(method.label);
        distinct(labels, "$.methods", "; give one of them a \"label\"");
        distinct(evaluate.datasets, "$.evaluate.datasets");
        distinct(evaluate.fractions, "$.evaluate.fractions");
        distinct(evaluate.protocols, "$.evaluate.protocols");
        if (!evaluate.draws.empty()) distinct(evaluate.draws, "$.evaluate.draws");
        distinct(plan_.seeds, "$.seeds");
    }

    std::string dataset_names() const {
        std::vector<std::string> names;
        for (const auto& dataset : plan_.datasets) names.push_back(dataset.name);
        return fmt::format("{}", fmt::join(names, ", "));
    }

    void known_dataset(const std::string& name, const char* key) const {
        for (const auto& dataset : plan_.datasets)
            if (dataset.name == name) return;
        std::vector<std::string> names;
        for (const auto& dataset : plan_.datasets) names.push_back(dataset.name);
        user_error("{}: {} names \"{}\", expected one of: {}{}", where(), key, name, dataset_names(),
                   did_you_mean(name, names));
    }

    template <typename T> void distinct(const std::vector<T>& items, const char* key, const char* advice = "") const {
        if (items.empty()) user_error("{}: {} is empty", where(), key);
        std::set<T> seen;
        for (const auto& item : items)
            if (!seen.insert(item).second) user_error("{}: {} has {} twice{}", where(), key, item, advice);
    }

    const fs::path file_;
    const std::map<std::string, std::string>& roots_;
    Plan plan_;
};

} // namespace

Plan read_plan(const fs::path& file, const std::map<std::string, std::string>& roots) {
    return Reading(file, roots).plan();
}

} // namespace mlvicx
