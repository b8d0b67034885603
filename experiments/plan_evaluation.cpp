#include "experiments/plan_evaluation.h"

#include "core/error.h"
#include "datasets/text/text_file.h"
#include "results/statistics/groups.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

PlanEvaluation::PlanEvaluation() {
    for (const auto& entry : protocol_table()) protocol_options.emplace(entry.key, entry.procedure.defaults);
}

void input_fields(Fields& f, std::int64_t& image_size, std::string& features) {
    f.field("image_size", image_size, at_least(16));
    f.field("features", features, {"backbone", "backbone+context"});
}

void fields(Fields& f, PlanEvaluation& options) {
    f.field("datasets", options.datasets);
    f.field("fractions", options.fractions, above(0));
    f.field("draws", options.draws, at_least(0));
    f.field("protocols", options.protocols);
    input_fields(f, options.image_size, options.features);
    f.field("precision", options.precision, {"auto", "bf16", "fp32"});
    f.file_or_files(
        {"subsets", "File of label subsets to train on, or lists of images by label fraction", FieldKey::file},
        options.subsets, options.subset_lists);
    f.field("classes", options.classes);
    f.field("selection", options.selection, {"validation", "test_as_published"});
    f.field("pictures", options.pictures);
    for (const auto& entry : protocol_table()) // a key that two protocols share is visited twice
        f.group(entry.key.c_str(), [&](Fields& inner) {
            entry.procedure.fields(inner, options.protocol_options.at(entry.key));
            if (entry.procedure.is_segmentation()) inner.field("datasets", options.only_datasets[entry.key]);
        });
    f.optional_group("heatmaps", options.heatmaps.on, [&](Fields& inner) { fields(inner, options.heatmaps); });
}

std::vector<std::optional<std::int64_t>> PlanEvaluation::draws_of(double fraction) const {
    if (draws.empty()) return {std::nullopt};
    if (fraction == 1) return {subsets.empty() ? std::nullopt : std::optional(draws.front())};
    return {draws.begin(), draws.end()};
}

std::map<double, std::filesystem::path> PlanEvaluation::lists_by_fraction(const std::string& where) const {
    std::map<double, std::filesystem::path> lists;
    for (const auto& [key, file] : subset_lists) {
        const auto amount = number_from(key);
        if (!amount || *amount <= 0 || (*amount > 1 && *amount != std::floor(*amount)))
            user_error(
                "{} has the key \"{}\", expected a fraction up to 1 or a whole number of images, such as \"0.01\"",
                where, key);
        if (!lists.emplace(*amount, file).second)
            user_error("{} has two lists for {}, such as \"{}\"; expected one", where, *amount, key);
    }
    return lists;
}

bool PlanEvaluation::draws_pictures(double fraction, std::optional<std::int64_t> draw) const {
    const double most = *std::max_element(fractions.begin(), fractions.end(), FractionOrder());
    return pictures && fraction == most && draw == draws_of(most).front();
}

bool PlanEvaluation::takes(const std::string& protocol, const std::string& dataset) const {
    const auto only = only_datasets.find(protocol_entry(protocol).key);
    if (only == only_datasets.end() || only->second.empty()) return true;
    return std::find(only->second.begin(), only->second.end(), dataset) != only->second.end();
}

} // namespace mlvicx
