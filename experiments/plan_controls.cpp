#include "experiments/plan_controls.h"

#include "core/error.h"
#include "core/suggest.h"
#include "experiments/evaluation/metadata_features.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

bool any_method(const Plan& plan, const std::function<bool(const PlanMethod&)>& holds) {
    return std::any_of(plan.methods.begin(), plan.methods.end(), holds);
}

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> names_of_controls() {
    std::vector<std::string> names;
    for (const auto& entry : method_table())
        if (entry.is_check()) names.push_back(entry.name);
    return names;
}

void require_protocol(const Plan& plan, const PlanMethod& method) {
    const auto& protocols = plan.evaluate.protocols;
    if (std::any_of(protocols.begin(), protocols.end(), [&](const auto& p) { return has_protocol(*method.entry, p); }))
        return;
    std::vector<std::string> possible;
    for (const auto& name : protocol_names())
        if (has_protocol(*method.entry, name)) possible.push_back(name);
    user_error("{}: method \"{}\" has no network, so it has none of $.evaluate.protocols ({}); expected {}",
               plan.file.string(), method.label, fmt::join(protocols, ", "), fmt::join(possible, " or "));
}

/// The datasets whose images are evaluated.
std::set<std::string> needed_datasets(const Plan& plan) {
    std::set<std::string> names(plan.evaluate.datasets.begin(), plan.evaluate.datasets.end());
    for (const auto& test : plan.external) names.insert(test.to);
    return names;
}

void require_files(const Plan& plan, const PlanMethod& method) {
    if (method.entry->evaluated != Evaluated::features) return;
    const auto& files = method.own.features.files; // has all datasets; require_possible names an unknown one
    for (const auto& name : needed_datasets(plan))
        if (const auto file = files.find(name); file != files.end() && file->second.empty())
            user_error("{}: method \"{}\" has no features of dataset \"{}\", expected their file in its \"files\"",
                       plan.file.string(), method.label, name);
}

void require_possible(const Plan& plan, std::size_t i) {
    const auto& test = plan.external[i];
    const auto where = plan.where_external(i);
    std::vector<std::string> known;
    for (const auto& dataset : plan.datasets) known.push_back(dataset.name);
    const auto require = [&](const char* key, const std::string& name, const auto& names, const char* list) {
        if (!is_one_of(name, names))
            user_error("{}.{} names \"{}\", expected one of {}: {}{}", where, key, name, list, fmt::join(names, ", "),
                       did_you_mean(name, names));
    };
    require("from", test.from, plan.evaluate.datasets, "$.evaluate.datasets");
    require("to", test.to, known, "$.datasets");
    const auto possible = protocol_names(&Procedure::on_features);
    if (std::none_of(possible.begin(), possible.end(),
                     [&](const auto& name) { return is_one_of(name, plan.evaluate.protocols); }))
        user_error("{} needs a protocol on features, expected {} in $.evaluate.protocols", where,
                   fmt::join(possible, " or "));
}

} // namespace

void add_controls(Plan& plan, const json::value* wanted, const std::string& where) {
    const auto names = names_of_controls();
    const bool has_probe = is_one_of("frozen", plan.evaluate.protocols);
    std::vector<std::string> chosen;
    if (wanted == nullptr) {
        const bool initial = any_method(plan, [](const auto& method) { return method.entry->name == "random"; });
        for (const auto& name : names) {
            const bool taken = any_method(plan, [&](const auto& method) { return method.label == name; });
            if (has_probe && !taken && (initial || name != "shuffled")) chosen.push_back(name);
        }
    } else if (wanted->is_bool()) {
        if (wanted->get_bool()) chosen = names;
    } else {
        const json::value text = json::object{{"controls", *wanted}};
        overlay(text, where, "$", [&](Fields& f) { f.field("controls", chosen); });
    }
    for (const auto& name : chosen) {
        if (!is_one_of(name, names))
            user_error("{}: $.controls has \"{}\", expected {}{}", where, name, fmt::join(names, " or "),
                       did_you_mean(name, names));
        if (!has_probe)
            user_error("{}: $.controls has \"{}\", which needs \"frozen\" in $.evaluate.protocols", where, name);
        PlanMethod control;
        control.entry = &method_entry(name, where);
        control.label = name;
        control.encoder = plan.encoder;
        control.features = plan.evaluate.features;
        control.image_size = plan.evaluate.image_size;
        plan.methods.push_back(std::move(control));
    }
}

void require_complete(const Plan& plan) {
    for (const auto& method : plan.methods) {
        require_protocol(plan, method);
        require_files(plan, method);
    }
    for (std::size_t i = 0; i < plan.external.size(); ++i) require_possible(plan, i);
}

std::vector<std::string> check_inputs(const Plan& plan, const std::map<std::string, OpenDataset>& datasets) {
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < plan.external.size(); ++i) {
        const auto& test = plan.external[i];
        external_images(test, datasets.at(test.from), datasets.at(test.to), plan.where_external(i));
    }
    for (const auto& method : plan.methods) {
        if (method.entry->evaluated != Evaluated::features) continue;
        std::map<std::string, std::int64_t> widths;
        for (const auto& name : needed_datasets(plan)) {
            const auto& file = method.own.features.files.at(name);
            const FeatureFile features(file);
            const auto& dataset = *datasets.at(name).prepared;
            const auto rows = features.rows_of(dataset);
            widths[name] = features.features();
            if (rows.extra > 0)
                sentences.push_back(fmt::format("{}: {} of its {} rows are of images that dataset \"{}\" does not have",
                                                file, rows.extra, features.images(), name));
        }
        for (const auto& test : plan.external)
            if (widths.at(test.from) != widths.at(test.to))
                user_error(
                    "{}: method \"{}\" has {} features on \"{}\" and {} on \"{}\", expected those of one encoder",
                    plan.file.string(), method.label, widths.at(test.from), test.from, widths.at(test.to), test.to);
    }
    return sentences;
}

std::optional<GivenFeatures> given_features(const PlanMethod& method, const std::string& name,
                                            const PreparedDataset& dataset) {
    if (method.entry->evaluated == Evaluated::features)
        return FeatureFile(method.own.features.files.at(name)).rows_of(dataset).features;
    if (method.entry->evaluated == Evaluated::metadata)
        return metadata_features(dataset.attributes(), dataset.images_of(Split::train), dataset.file().string());
    return std::nullopt;
}

std::vector<std::string> left_out_of(const Plan& plan, const std::set<std::string>& with_attributes) {
    std::vector<std::string> sentences;
    for (const auto& method : plan.methods) {
        if (method.entry->evaluated == Evaluated::features) {
            std::vector<std::string> skipped;
            for (const auto& protocol : plan.evaluate.protocols)
                if (!has_protocol(*method.entry, protocol)) skipped.push_back(protocol);
            if (plan.evaluate.heatmaps.on) skipped.emplace_back("heatmaps");
            if (!skipped.empty())
                sentences.push_back(fmt::format("{}: features without their network, so not evaluated: {}",
                                                method.label, fmt::join(skipped, ", ")));
        }
        if (method.entry->evaluated == Evaluated::metadata) {
            std::vector<std::string> skipped;
            for (const auto& name : plan.evaluate.datasets)
                if (!with_attributes.contains(name)) skipped.push_back(name);
            if (!skipped.empty())
                sentences.push_back(fmt::format("{}: left out on {} of {} datasets, whose images have no sex, age or "
                                                "view: {}",
                                                method.label, skipped.size(), plan.evaluate.datasets.size(),
                                                fmt::join(skipped, ", ")));
        }
    }
    return sentences;
}

} // namespace mlvicx
