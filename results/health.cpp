#include "results/health.h"

#include "results/report.h"

#include <fmt/format.h>

namespace mlvicx {

bool left_out_of_tables(const std::string& verdict) {
    return verdict == "collapsed" || verdict == "diverged";
}

std::string health_text(Store& store, const std::string& experiment, bool all) {
    Statement query(store.db(), "SELECT x.method, c.seed, json_extract(c.details, '$.health.verdict'), "
                                "json_extract(c.details, '$.health.reason') FROM experiment_cells x "
                                "JOIN cells c ON c.id = x.cell_id AND c.state = 'done' AND c.kind = 'pretrain' "
                                "WHERE x.experiment_id = ? ORDER BY x.position");
    query.bind(1, find_experiment(store, experiment));
    std::string text;
    while (query.step()) {
        const auto verdict = query.text(2); // NULL: empty, of a file from before there were verdicts
        if (verdict.empty() || (verdict == "healthy" && !all)) continue;
        text += fmt::format("{} seed {}: {} ({})\n", query.text(0), query.integer(1), verdict, query.text(3));
    }
    return text;
}

} // namespace mlvicx
