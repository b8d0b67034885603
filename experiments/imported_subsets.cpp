#include "experiments/imported_subsets.h"

#include "core/progress.h"

namespace mlvicx {

std::map<std::pair<double, std::int64_t>, ImportedSubset> imported_subsets(const PlanEvaluation& options,
                                                                           const PreparedDataset& dataset,
                                                                           const std::vector<std::int64_t>& draws,
                                                                           const std::string& where) {
    if (!options.subsets.empty()) return import_subsets(options.subsets, dataset);
    const auto lists = import_subset_lists(options.lists_by_fraction(where), dataset);
    for (const auto& same : same_subsets(lists))
        say("{}: {}, so a figure at the one is a figure at the other", dataset.dataset(), same);
    std::map<std::pair<double, std::int64_t>, ImportedSubset> subsets;
    for (const auto& [amount, subset] : lists)
        for (const auto draw : draws) subsets.emplace(std::pair(amount, draw), subset);
    return subsets;
}

} // namespace mlvicx
