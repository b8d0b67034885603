#include "results/report/health.h"

#include <fmt/format.h>

namespace mlvicx {

bool left_out_of_tables(const std::string& verdict) {
    return verdict == "collapsed" || verdict == "diverged";
}

bool marked_in_tables(const std::string& verdict) {
    return verdict == "not learned";
}

std::string not_learned_legend() {
    return fmt::format("{}: the pre-training was judged not to have learned.", not_learned_mark);
}

namespace {

/// From the evaluation of this pre-training with the most labelled images: dead features, all features and labelled
/// images; zeros if no evaluation counted them.
struct DeadFeatures {
    std::int64_t dead = 0, features = 0, images = 0;

    DeadFeatures(Store& store, const std::string& hash) {
        Statement query(
            store.db(),
            "SELECT json_extract(e.details, '$.dead_features'), "
            "json_extract(e.details, '$.features'), e.train_images FROM jobs e "
            "WHERE json_extract(e.config, '$.weights') = ? AND e.state = 'done' "
            "AND json_extract(e.details, '$.features') > 0 "
            "AND json_type(e.config, '$.precision') IS NOT NULL ORDER BY e.train_images DESC, e.id LIMIT 1");
        if (!query.bind(1, hash).step()) return;
        dead = query.integer(0);
        features = query.integer(1);
        images = query.integer(2);
    }
    /// More than a tenth: random and trained ResNets have about a hundredth.
    bool many() const { return 10 * dead > features; }
};

} // namespace

std::string health_text(Store& store, const std::string& experiment, bool all) {
    Statement query(store.db(), "SELECT x.method, c.seed, json_extract(c.details, '$.health.verdict'), "
                                "json_extract(c.details, '$.health.reason'), c.hash FROM experiment_jobs x "
                                "JOIN jobs c ON c.id = x.job_id AND c.state = 'done' AND c.kind = 'pretrain' "
                                "WHERE x.experiment_id = ? ORDER BY x.position");
    query.bind(1, store.find_experiment(experiment));
    std::string text;
    while (query.step()) {
        const auto verdict = query.text(2); // NULL: empty, the file is older than verdicts
        const DeadFeatures found(store, query.text(4));
        if (verdict.empty() || (verdict == "healthy" && !found.many() && !all)) continue;
        text += fmt::format("{} seed {}: {} ({})", query.text(0), query.integer(1), verdict, query.text(3));
        if (found.dead > 0)
            text += fmt::format("; {} of {} features are dead on {} labelled images", found.dead, found.features,
                                found.images);
        text += '\n';
    }
    return text;
}

} // namespace mlvicx
