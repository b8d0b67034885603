#include "results/store/merged_experiments.h"

#include "core/error.h"
#include "core/json.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace mlvicx {

namespace {

struct ListedJob {
    std::string hash, method, dataset;
    bool control = false;
    json::value config;
    bool operator==(const ListedJob& other) const {
        return hash == other.hash && method == other.method && dataset == other.dataset && control == other.control;
    }
};

std::vector<ListedJob> list_of(Sqlite& db, std::int64_t experiment) {
    Statement query(db, "SELECT j.hash, x.method, x.dataset, x.control, j.config FROM experiment_jobs x "
                        "JOIN jobs j ON j.id = x.job_id WHERE x.experiment_id = ? ORDER BY x.position");
    query.bind(1, experiment);
    std::vector<ListedJob> list;
    while (query.step())
        list.push_back({query.text(0), query.text(1), query.text(2), query.integer(3) != 0, query.json(4)});
    return list;
}

/// "training.precision: "bf16" and "fp32"": the first key that differs; empty: none.
std::string difference(const json::value& a, const json::value& b, const std::string& path) {
    if (a == b) return {};
    if (!a.is_object() || !b.is_object())
        return fmt::format("{}: {} and {}", path, json::serialize(a), json::serialize(b));
    json::object keys = a.get_object();
    for (const auto& item : b.get_object()) keys.emplace(item.key(), nullptr);
    for (const auto& item : keys) {
        const std::string here = (path.empty() ? "" : path + ".") + std::string(item.key());
        const auto *one = a.get_object().if_contains(item.key()), *other = b.get_object().if_contains(item.key());
        if (one == nullptr || other == nullptr)
            return fmt::format("{}: {} and {}", here, one == nullptr ? "none" : json::serialize(*one),
                               other == nullptr ? "none" : json::serialize(*other));
        if (auto found = difference(*one, *other, here); !found.empty()) return found;
    }
    return {};
}

void require_equal(const std::string& name, Sqlite& a, std::int64_t in_a, Sqlite& b, std::int64_t in_b) {
    const auto here = list_of(a, in_a), there = list_of(b, in_b);
    if (here == there) return;
    const auto [one, other] = std::mismatch(here.begin(), here.end(), there.begin(), there.end());
    std::string why = fmt::format("{} and {} jobs", here.size(), there.size());
    if (one != here.end() && other != there.end()) {
        const auto settings = difference(one->config, other->config, "");
        why = fmt::format("the first that differs is {} on {}{}", one->method, one->dataset,
                          settings.empty() ? "" : " (" + settings + ")");
    }
    user_error("{} and {}: experiment \"{}\" has other jobs in one than in the other, and so cannot be merged: {}",
               a.file().string(), b.file().string(), name, why);
}

} // namespace

std::vector<MergedExperiment> merged_experiments(const std::vector<Sqlite*>& inputs) {
    std::map<std::pair<std::string, std::string>, MergedExperiment> found; // by name and the plan's hash
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        Statement query(*inputs[i], "SELECT name, plan_hash, id, created, used, turn FROM experiments");
        while (query.step()) {
            const MergedExperiment here{i, query.integer(2), query.text(3), query.text(4), query.integer(5)};
            const auto [known, is_new] = found.emplace(std::pair(query.text(0), query.text(1)), here);
            if (is_new) continue;
            auto& there = known->second;
            require_equal(query.text(0), *inputs[there.input], there.id, *inputs[i], here.id);
            there.created = std::min(there.created, here.created);
            there.used = std::max(there.used, here.used);
            there.turn = std::max(there.turn, here.turn);
        }
    }
    std::vector<MergedExperiment> sorted;
    for (const auto& [key, experiment] : found) sorted.push_back(experiment);
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return std::tuple(a.used, a.turn) < std::tuple(b.used, b.turn);
    });
    for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i].turn = static_cast<std::int64_t>(i + 1);
    return sorted;
}

} // namespace mlvicx
