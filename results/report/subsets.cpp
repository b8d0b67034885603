#include "results/report/subsets.h"

#include "results/statistics/grid.h"

#include <fmt/ranges.h>

#include <map>

namespace mlvicx {

std::string same_subsets_text(Store& store, const std::string& experiment) {
    Statement query(store.db(), "SELECT DISTINCT x.dataset, json_extract(c.config, '$.subset'), c.fraction, "
                                "c.train_images FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                                "WHERE x.experiment_id = ? AND c.kind = 'evaluate' AND c.state = 'done' "
                                "AND json_extract(c.config, '$.subset') IS NOT NULL ORDER BY x.dataset, c.fraction");
    query.bind(1, store.find_experiment(experiment));
    struct Found {
        std::vector<std::string> fractions;
        std::int64_t images = 0;
    };
    std::map<std::pair<std::string, std::string>, Found> subsets; // by dataset and digest
    while (query.step()) {
        auto& found = subsets[{query.text(0), query.text(1)}];
        found.fractions.push_back(fraction_label(query.real(2)));
        found.images = query.integer(3);
    }
    std::string text;
    for (const auto& [key, found] : subsets)
        if (found.fractions.size() > 1)
            text += fmt::format("{}: {} are the same {} images: figures at one of them are figures at the others\n",
                                key.first, fmt::join(found.fractions, " and "), found.images);
    return text;
}

} // namespace mlvicx
