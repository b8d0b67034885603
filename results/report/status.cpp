#include "results/report/status.h"

#include "core/error.h"
#include "core/progress.h"
#include "results/report/health.h"
#include "results/report/job_words.h"
#include "results/report/text.h"
#include "results/store/owner.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace mlvicx {

namespace {

constexpr std::array<const char*, 4> states = {"done", "running", "failed", "missing"};

/// Jobs of the experiment by protocol and state; with several protocols the last line is their sum.
std::string counts_text(Store& store, std::int64_t experiment) {
    std::string columns;
    for (const char* state : states) columns += fmt::format(", count(DISTINCT iif(c.state = '{}', c.id, NULL))", state);
    const std::string from = " FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id WHERE x.experiment_id = ?1 ";
    Statement query(store.db(), "SELECT * FROM (SELECT c.protocol" + columns + from +
                                    "GROUP BY c.protocol ORDER BY min(x.position)) UNION ALL SELECT 'all'" + columns +
                                    from);
    query.bind(1, experiment);
    std::vector<std::string> lines(1);
    std::vector<std::string> labels(1);
    for (const char* state : states) lines[0] += fmt::format("{:>9}", state);
    const auto protocols = store.protocols();
    while (query.step()) {
        labels.push_back(protocol_of(protocols, query.text(0)).label);
        lines.emplace_back();
        for (int i = 1; i <= 4; ++i) lines.back() += fmt::format("{:>9}", query.integer(i));
    }
    std::size_t width = 12;
    for (const auto& label : labels) width = std::max(width, text_width(label));
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += "  " + padded(labels[i], width) + lines[i] + "\n";
    return text;
}

std::string listed(Store& store, std::int64_t experiment, const std::string& state) {
    Statement query(store.db(),
                    "SELECT x.method, x.dataset, c.protocol, c.fraction, c.seed, c.draw, c.error, c.owner, "
                    "c.lease_until, strftime('%s', 'now') - strftime('%s', c.started_at) FROM experiment_jobs x "
                    "JOIN jobs c ON c.id = x.job_id WHERE x.experiment_id = ? AND c.state = ? ORDER BY x.position");
    query.bind(1, experiment).bind(2, state);
    const auto protocols = store.protocols();
    std::string text;
    while (query.step()) {
        if (text.empty()) text = "  " + state + ":\n";
        text += "    " + job_words(query, protocols) + ": ";
        if (state == "failed") {
            text += query.text(6) + "\n";
            continue;
        }
        const bool gone = query.real(8) < static_cast<double>(std::time(nullptr)) || owner_is_gone(query.text(7));
        text += fmt::format("{}, for {}{}\n", owner_text(query.text(7)), duration_text(std::max(0.0, query.real(9))),
                            gone ? "; it has ended, the next run will take over the job" : "");
    }
    return text;
}

/// Indents the lines of `text` after the first, and drops the final newline.
std::string indented(std::string text) {
    text.pop_back();
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) text.insert(at + 1, 4, ' ');
    return text;
}

} // namespace

std::string status_text(Store& store) {
    const Transaction snapshot(store.db(), false);
    const auto names = store.experiment_names();
    if (names.empty()) return store.db().file().string() + " has no experiments yet.\n";
    std::string text;
    for (const auto& name : names) {
        const std::int64_t id = store.find_experiment(name);
        Statement query(store.db(), "SELECT created, used FROM experiments WHERE id = ?");
        query.bind(1, id).step();
        text += fmt::format("{}{}: first run {}, last run {}\n", text.empty() ? "" : "\n", name, query.text(0),
                            query.text(1));
        text += counts_text(store, id) + listed(store, id, "running") + listed(store, id, "failed");
        if (const auto health = health_text(store, name); !health.empty())
            text += "  pre-training that is not healthy:\n    " + indented(health) + "\n";
    }
    return text;
}

} // namespace mlvicx
