#include "results/experiment.h"

#include "core/error.h"
#include "core/suggest.h"

#include <fmt/ranges.h>

namespace mlvicx {

std::vector<std::string> experiment_names(Store& store) {
    Statement query(store.db(), "SELECT name FROM experiments GROUP BY name ORDER BY max(turn) DESC");
    std::vector<std::string> names;
    while (query.step()) names.push_back(query.text(0));
    return names;
}

std::int64_t find_experiment(Store& store, const std::string& name) {
    Statement query(store.db(), "SELECT id FROM experiments WHERE name = ?1 OR ?1 = '' ORDER BY turn DESC LIMIT 1");
    if (query.bind(1, name).step()) return query.integer(0);
    const auto names = experiment_names(store);
    const std::string file = store.db().file().string();
    if (names.empty()) user_error("{}: holds no experiment yet", file);
    user_error("{}: has no experiment \"{}\", expected one of: {}{}", file, name, fmt::join(names, ", "),
               did_you_mean(name, names));
}

} // namespace mlvicx
