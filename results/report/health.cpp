#include "results/report/health.h"

#include <fmt/format.h>

#include <map>
#include <vector>

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

/// From the evaluation of a pre-training with the most labelled images: dead features, all features and labelled
/// images; zeros if no evaluation counted them.
struct DeadFeatures {
    std::int64_t dead = 0, features = 0, images = 0;

    /// More than a tenth: random and trained ResNets have about a hundredth.
    bool many() const { return 10.0 * static_cast<double>(dead) > static_cast<double>(features); }
};

/// By the hash of the pre-training.
std::map<std::string, DeadFeatures> dead_features(Store& store) {
    Statement query(store.db(),
                    "SELECT json_extract(e.config, '$.weights'), json_extract(e.details, '$.dead_features'), "
                    "json_extract(e.details, '$.features'), e.train_images FROM jobs e "
                    "WHERE e.state = 'done' AND e.kind = 'evaluate' "
                    "AND json_extract(e.details, '$.features') > 0 "
                    "AND json_type(e.config, '$.precision') IS NOT NULL ORDER BY e.train_images DESC, e.id");
    std::map<std::string, DeadFeatures> found;
    while (query.step())
        found.try_emplace(query.text(0), DeadFeatures{query.integer(1), query.integer(2), query.integer(3)});
    return found;
}

/// A pre-training with a verdict.
struct Judged {
    std::string method, verdict, reason;
    std::int64_t seed = 0;
    DeadFeatures found;
};

std::vector<Judged> judged(Store& store, const std::string& experiment) {
    Statement query(store.db(), "SELECT x.method, c.seed, json_extract(c.details, '$.health.verdict'), "
                                "json_extract(c.details, '$.health.reason'), c.hash FROM experiment_jobs x "
                                "JOIN jobs c ON c.id = x.job_id AND c.state = 'done' AND c.kind = 'pretrain' "
                                "WHERE x.experiment_id = ? ORDER BY x.position");
    query.bind(1, store.find_experiment(experiment));
    auto dead = dead_features(store);
    std::vector<Judged> lines;
    while (query.step())
        if (const auto verdict = query.text(2); !verdict.empty()) // NULL: the file is older than verdicts
            lines.push_back({query.text(0), verdict, query.text(3), query.integer(1), dead[query.text(4)]});
    return lines;
}

} // namespace

std::string health_text(Store& store, const std::string& experiment, bool all) {
    std::string text;
    for (const auto& [method, verdict, reason, seed, found] : judged(store, experiment)) {
        if (verdict == "healthy" && !found.many() && !all) continue;
        text += fmt::format("{} seed {}: {} ({})", method, seed, verdict, reason);
        if (found.dead > 0)
            text += fmt::format("; {} of {} features are dead on {} labelled images", found.dead, found.features,
                                found.images);
        text += '\n';
    }
    return text;
}

Table health_table(Store& store, const std::string& experiment) {
    Table table;
    table.title = "Pre-trainings";
    table.caption = "verdict of each pre-training at its end";
    table.columns = {{"seed", ""}, {"verdict", ""}, {"dead features", ""}, {"reason", ""}};
    for (const auto& [method, verdict, reason, seed, found] : judged(store, experiment))
        table.lines.push_back(
            {method,
             {fmt::format("{}", seed), verdict,
              found.features > 0 ? fmt::format("{} of {}", found.dead, found.features) : "-", reason}});
    return table;
}

} // namespace mlvicx
