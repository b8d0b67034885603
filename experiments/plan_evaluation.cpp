#include "experiments/plan.h"

#include "core/error.h"
#include "experiments/protocols.h"

#include <algorithm>
#include <utility>

namespace mlvicx {

void fields(Fields& f, PlanEvaluation& options) {
    f.field("datasets", options.datasets);
    f.field("fractions", options.fractions, above(0));
    f.field("draws", options.draws, at_least(0));
    f.field("protocols", options.protocols);
    f.field("image_size", options.image_size, at_least(16));
    f.field("precision", options.precision, {"auto", "bf16", "fp32"});
    f.field("features", options.features, {"backbone", "backbone+context"});
    f.field("subsets", options.subsets);
    f.group("frozen", [&](Fields& inner) { fields(inner, options.frozen); });
    f.group("knn", [&](Fields& inner) { fields(inner, options.knn); });
    f.group("finetuned", [&](Fields& inner) { fields(inner, options.finetuned); });
    f.group("segmentation", [&](Fields& inner) { fields(inner, options.segmentation); });
    for (const char* protocol : {"partial", "frozen_as_released", "finetuned_as_released"})
        f.group(protocol, [&](Fields& inner) { all_fields(inner, options.training(protocol)); });
    f.optional_group("heatmaps", options.heatmaps.on, [&](Fields& inner) { fields(inner, options.heatmaps); });
}

const FinetuneOptions& PlanEvaluation::training(const std::string& protocol) const {
    if (protocol == "partial") return partial;
    if (protocol == "frozen_as_released") return frozen_as_released;
    if (protocol == "finetuned_as_released") return finetuned_as_released;
    ensure(protocol == "finetuned", "a protocol that trains nothing by gradients has no such options");
    return finetuned;
}

FinetuneOptions& PlanEvaluation::training(const std::string& protocol) {
    return const_cast<FinetuneOptions&>(std::as_const(*this).training(protocol));
}

std::vector<std::optional<std::int64_t>> PlanEvaluation::draws_of(double amount) const {
    if (draws.empty()) return {std::nullopt};
    if (amount == 1) return {subsets.empty() ? std::nullopt : std::optional(draws.front())};
    return {draws.begin(), draws.end()};
}

bool PlanEvaluation::takes(const std::string& protocol, const std::string& dataset) const {
    const auto& named = segmentation.datasets;
    return !is_segmentation(protocol) || named.empty() || std::find(named.begin(), named.end(), dataset) != named.end();
}

} // namespace mlvicx
