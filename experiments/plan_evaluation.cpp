#include "experiments/plan_evaluation.h"

#include "results/statistics/groups.h"

#include <algorithm>

namespace mlvicx {

PlanEvaluation::PlanEvaluation() {
    for (const auto& entry : protocol_table()) protocol_options.emplace(entry.key, entry.procedure.defaults);
}

void fields(Fields& f, PlanEvaluation& options) {
    f.field("datasets", options.datasets);
    f.field("fractions", options.fractions, above(0));
    f.field("draws", options.draws, at_least(0));
    f.field("protocols", options.protocols);
    f.field("image_size", options.image_size, at_least(16));
    f.field("precision", options.precision, {"auto", "bf16", "fp32"});
    f.field("features", options.features, {"backbone", "backbone+context"});
    f.field({"subsets", "File of label subsets to train on", FieldKey::file}, options.subsets);
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
