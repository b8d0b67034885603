#include "core/json_text.h"
#include "results/compare/compare.h"
#include "results/store/digests.h"

#include <fmt/format.h>

#include <functional>

#include <map>
#include <set>
#include <tuple>

namespace mlvicx {

namespace {

using Tell = std::function<void(const std::string&)>;

/// A value on one line, cut to what a terminal has room for.
std::string shown(const json::value* value) {
    if (value == nullptr) return "not set";
    std::string text = readable(*value);
    constexpr std::size_t most = 60;
    if (text.size() > most) text = text.substr(0, most - 3) + "...";
    return text;
}

/// Tells every path at which two values differ. Lists of the same length are compared item by item.
void differences(const json::value* a, const json::value* b, const std::string& path, const Tell& tell) {
    if (a != nullptr && b != nullptr && *a == *b) return;
    const bool objects = a != nullptr && b != nullptr && a->is_object() && b->is_object();
    const bool lists = a != nullptr && b != nullptr && a->is_array() && b->is_array() &&
                       a->get_array().size() == b->get_array().size();
    if (objects) {
        for (const auto& item : a->get_object())
            differences(&item.value(), b->get_object().if_contains(item.key()), path + "." + std::string(item.key()),
                        tell);
        for (const auto& item : b->get_object())
            if (!a->get_object().contains(item.key()))
                differences(nullptr, &item.value(), path + "." + std::string(item.key()), tell);
    } else if (lists) {
        for (std::size_t i = 0; i < a->get_array().size(); ++i)
            differences(&a->get_array()[i], &b->get_array()[i], fmt::format("{}[{}]", path, i), tell);
    } else {
        tell(fmt::format("{}: {} -> {}", path, shown(a), shown(b)));
    }
}

json::value plan_of(const Compared& side) {
    Statement query(side.store.db(), "SELECT plan FROM experiments WHERE id = ?");
    query.bind(1, side.store.find_experiment(side.experiment)).step();
    return query.json(0);
}

struct ComparedJob {
    std::string hash, kind, protocol;
    bool done = false;
    std::string digest; ///< of its scores or pixel counts; empty: unknown
    json::object config;
};
/// Method, dataset, protocol, fraction, seed and draw.
using Place = std::tuple<std::string, std::string, std::string, double, std::int64_t, std::int64_t>;

std::map<Place, ComparedJob> jobs_of(const Compared& side) {
    const auto digest = [](const char* kind) {
        return fmt::format("json_extract(j.details, '$.{}.{}')", digests_key, kind);
    };
    Statement query(side.store.db(),
                    "SELECT x.method, x.dataset, j.protocol, j.fraction, j.seed, coalesce(j.draw, -1), j.hash, j.kind, "
                    "j.state = 'done', coalesce(" +
                        digest("scores") + ", " + digest("image_values") +
                        ", ''), j.config FROM experiment_jobs x JOIN jobs j ON j.id = x.job_id "
                        "WHERE x.experiment_id = ? ORDER BY x.position");
    query.bind(1, side.store.find_experiment(side.experiment));
    std::map<Place, ComparedJob> jobs;
    while (query.step())
        jobs[{query.text(0), query.text(1), query.text(2), query.real(3), query.integer(4), query.integer(5)}] = {
            query.text(6), query.text(7), query.text(2), query.integer(8) != 0, query.text(9), query.object(10)};
    return jobs;
}

/// The distinct values of an expression over the finished jobs of an experiment, as one text; by dataset if `x.dataset`
/// is asked for.
std::map<std::string, std::string> distinct(const Compared& side, const std::string& key, const std::string& value) {
    Statement query(side.store.db(), "SELECT DISTINCT " + key + ", " + value +
                                         " FROM experiment_jobs x JOIN jobs j ON j.id = x.job_id "
                                         "WHERE x.experiment_id = ? AND j.state = 'done' AND " +
                                         value + " IS NOT NULL ORDER BY 1, 2");
    query.bind(1, side.store.find_experiment(side.experiment));
    std::map<std::string, std::string> values;
    while (query.step()) {
        auto& text = values[query.text(0)];
        text += (text.empty() ? "" : ", ") + query.text(1);
    }
    return values;
}

void tell_changes(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b,
                  const Tell& tell) {
    std::set<std::string> names;
    for (const auto* side : {&a, &b})
        for (const auto& [name, value] : *side) names.insert(name);
    const auto value = [](const auto& side, const std::string& name) {
        const auto found = side.find(name);
        return found == side.end() ? std::string("none") : found->second;
    };
    for (const auto& name : names)
        if (value(a, name) != value(b, name)) tell(fmt::format("{}: {} -> {}", name, value(a, name), value(b, name)));
}

void compare_jobs(const Compared& a, const Compared& b, Comparison& result) {
    const auto jobs_a = jobs_of(a), jobs_b = jobs_of(b);
    std::map<std::string, std::int64_t> changed; // jobs by the line that describes their change
    std::vector<std::string> order;
    for (const auto& [place, job] : jobs_a) {
        ++result.jobs_a;
        result.done_a += job.done ? 1 : 0;
        const auto other = jobs_b.find(place);
        if (other == jobs_b.end()) continue;
        if (job.hash == other->second.hash) {
            if (!job.done || !other->second.done) continue;
            ++result.same_jobs;
            if (!job.digest.empty() && !other->second.digest.empty())
                ++(job.digest == other->second.digest ? result.same_scores : result.other_scores);
            continue;
        }
        const std::string what = job.kind == "pretrain" ? "pre-training of " + std::get<0>(place) : job.protocol;
        json::object config_a = job.config, config_b = other->second.config;
        for (const char* key : {"weights", "dataset"}) { // follow from the pre-training and the data
            config_a.erase(key);
            config_b.erase(key);
        }
        const json::value value_a = config_a, value_b = config_b;
        differences(&value_a, &value_b, "$", [&](const std::string& line) {
            const auto text = fmt::format("{}: {}", what, line);
            if (++changed[text] == 1) order.push_back(text);
        });
    }
    for (const auto& [place, job] : jobs_b) {
        ++result.jobs_b;
        result.done_b += job.done ? 1 : 0;
    }
    for (const auto& line : order)
        result.settings.push_back(
            fmt::format("{} ({} job{})", line, changed.at(line), changed.at(line) == 1 ? "" : "s"));
}

} // namespace

void compare_settings(const Compared& a, const Compared& b, Comparison& result) {
    const auto plan_a = plan_of(a), plan_b = plan_of(b);
    differences(&plan_a, &plan_b, "$", [&](const std::string& line) { result.settings.push_back("plan: " + line); });
    compare_jobs(a, b, result);
    for (const auto& [name, column] :
         {std::pair("mlvicx-bench", "j.suite_version"), std::pair("commit", "j.git_commit"),
          std::pair("LibTorch", "j.libtorch_version"), std::pair("device", "j.device")})
        tell_changes(distinct(a, fmt::format("'{}'", name), column), distinct(b, fmt::format("'{}'", name), column),
                     [&](const std::string& line) { result.versions.push_back(line); });
    const std::string fingerprint =
        "iif(instr(j.dataset_fingerprint, '+'), j.dataset_fingerprint, " // of several datasets
        "substr(j.dataset_fingerprint, 1, 12))";
    tell_changes(distinct(a, "x.dataset", fingerprint), distinct(b, "x.dataset", fingerprint),
                 [&](const std::string& line) { result.data.push_back(line); });
}

} // namespace mlvicx
