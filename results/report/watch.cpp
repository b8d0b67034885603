#include "results/report/watch.h"

#include "core/progress.h"
#include "results/report/health.h"
#include "results/report/job_words.h"
#include "results/report/sparkline.h"
#include "results/report/text.h"
#include "results/store/owner.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <set>

namespace mlvicx {

namespace {

constexpr std::size_t spark_width = 48, shown_last = 5, shown_failures = 5;

struct WatchedJob {
    std::string words, hash, kind, protocol, state, owner, weights, error;
    bool alive = false;      ///< running, and its process is not known to be gone
    double elapsed = 0;      ///< seconds, of a running job
    std::int64_t epochs = 0; ///< of a pre-training, by its configuration; 0: unknown
    std::string finished_at;
    double seconds = 0;
    std::optional<double> figure; ///< mean test AUC or Dice
};

std::vector<WatchedJob> jobs_of(Store& store, std::int64_t experiment) {
    Statement query(store.db(),
                    "SELECT x.method, x.dataset, j.protocol, j.fraction, j.seed, j.draw, j.hash, j.kind, j.state, "
                    "coalesce(j.owner, ''), coalesce(json_extract(j.config, '$.weights'), ''), coalesce(j.error, ''), "
                    "coalesce(j.lease_until, 0), strftime('%s', 'now') - strftime('%s', j.started_at), "
                    "json_extract(j.config, '$.training.epochs'), coalesce(j.finished_at, ''), j.seconds, "
                    "(SELECT m.value FROM metrics m WHERE m.job_id = j.id AND m.split = 'test' AND m.position = 0 "
                    "AND m.metric IN ('auc', 'dice')) FROM experiment_jobs x JOIN jobs j ON j.id = x.job_id "
                    "WHERE x.experiment_id = ? ORDER BY x.position");
    query.bind(1, experiment);
    const auto protocols = store.protocols();
    const auto now = static_cast<double>(std::time(nullptr));
    std::vector<WatchedJob> jobs;
    while (query.step()) {
        WatchedJob job;
        job.words = job_words(query, protocols);
        job.protocol = query.text(2);
        job.hash = query.text(6);
        job.kind = query.text(7);
        job.state = query.text(8);
        job.owner = query.text(9);
        job.weights = query.text(10);
        job.error = query.text(11);
        job.alive = job.state == "running" && query.real(12) > now && !owner_is_gone(job.owner);
        job.elapsed = std::max(0.0, query.real(13));
        job.epochs = query.integer(14);
        job.finished_at = query.text(15);
        job.seconds = query.real(16);
        job.figure = query.maybe_real(17);
        jobs.push_back(std::move(job));
    }
    return jobs;
}

const LiveTraining* live_of(const WatchedJob& job, const std::map<std::string, LiveTraining>& live) {
    const auto found = live.find(job.hash);
    return found == live.end() || found->second.epochs == 0 ? nullptr : &found->second;
}

std::optional<double> left_by_epochs(const WatchedJob& job, const LiveTraining* training) {
    if (training == nullptr || training->seconds_per_epoch <= 0 || job.epochs == 0) return std::nullopt;
    return training->seconds_per_epoch * static_cast<double>(std::max<std::int64_t>(0, job.epochs - training->epochs));
}

/// "about 25 min left", "more than 25 min left"; empty if nothing is known.
std::string left_text(Store& store, const std::vector<WatchedJob>& jobs,
                      const std::map<std::string, LiveTraining>& live) {
    std::set<std::string> processes;
    double whole_training = 0; // of a running one
    for (const auto& job : jobs) {
        if (!job.alive) continue;
        processes.insert(job.owner);
        if (const auto* training = live_of(job, live))
            whole_training = training->seconds_per_epoch * static_cast<double>(job.epochs);
    }
    double seconds = 0;
    bool all_known = true, any = false;
    for (const auto& job : jobs) {
        if (job.state == "done" || job.state == "failed") continue;
        any = true;
        if (const auto left = job.alive ? left_by_epochs(job, live_of(job, live)) : std::nullopt) {
            seconds += *left;
            continue;
        }
        auto typical = store.typical_seconds(job.kind, job.protocol);
        if (!typical && job.kind == "pretrain" && whole_training > 0) typical = whole_training;
        all_known = all_known && typical;
        seconds += std::max(0.0, typical.value_or(0) - (job.alive ? job.elapsed : 0));
    }
    if (!any || seconds <= 0) return {};
    return fmt::format(", {} {} left", all_known ? "about" : "more than",
                       duration_text(seconds / static_cast<double>(std::max<std::size_t>(1, processes.size()))));
}

/// "[######..........] 37 %".
std::string bar_text(std::int64_t done, std::int64_t all) {
    constexpr std::int64_t width = 50;
    if (all == 0) return {};
    const auto filled = static_cast<std::size_t>(width * done / all);
    return fmt::format("[{}{}] {} %\n", std::string(filled, '#'), std::string(width - filled, '.'), 100 * done / all);
}

std::string curve_text(const char* label, const std::vector<double>& values, double factor) {
    return fmt::format("    {}{:>8.4g}  {}\n", padded(label, 12), factor * values.back(),
                       sparkline(values, spark_width));
}

std::string running_text(const WatchedJob& job, const LiveTraining* training) {
    std::string text = "  " + job.words;
    if (training != nullptr && job.epochs > 0) text += fmt::format(", epoch {} of {}", training->epochs, job.epochs);
    text += ", for " + duration_text(job.elapsed);
    if (const auto left = left_by_epochs(job, training)) text += fmt::format(", {} left", duration_text(*left));
    if (!job.alive) text += "; its process has ended, the next run takes it over";
    text += "\n";
    if (training == nullptr) return text;
    struct Shown {
        const char *name, *label;
        double factor;
    };
    for (const auto& [name, label, factor] :
         {Shown{"loss", "loss", 1}, Shown{"probe_auc", "probe AUC %", 100}, Shown{"effective_rank", "eff. rank", 1}})
        if (const auto curve = training->curves.find(name); curve != training->curves.end() && !curve->second.empty())
            text += curve_text(label, curve->second, factor);
    return text;
}

std::string stored_loss(Store& store, const std::string& hash) {
    Statement query(store.db(), "SELECT c.value FROM curves c JOIN jobs j ON j.id = c.job_id WHERE j.hash = ? "
                                "AND c.name = 'loss' AND c.value IS NOT NULL ORDER BY c.epoch");
    query.bind(1, hash);
    std::vector<double> values;
    while (query.step()) values.push_back(query.real(0));
    return values.empty() ? std::string() : curve_text("loss", values, 1);
}

std::string finished_text(Store& store, std::vector<WatchedJob> jobs) {
    std::erase_if(jobs, [](const WatchedJob& job) { return job.state != "done"; });
    std::stable_sort(jobs.begin(), jobs.end(),
                     [](const WatchedJob& a, const WatchedJob& b) { return a.finished_at > b.finished_at; });
    std::string text;
    for (std::size_t i = 0; i < std::min(jobs.size(), shown_last); ++i) {
        const auto& job = jobs[i];
        text += fmt::format("  {}: {}{}\n", job.words,
                            job.figure ? fmt::format("{} %, ", percent(job.figure)) : std::string(),
                            duration_text(job.seconds));
        if (job.kind == "pretrain") text += stored_loss(store, job.hash);
    }
    return text.empty() ? text : "\nfinished last\n" + text;
}

std::string failures_text(const std::vector<WatchedJob>& jobs) {
    std::string text;
    std::size_t count = 0;
    for (const auto& job : jobs)
        if (job.state == "failed" && ++count <= shown_failures) text += fmt::format("  {}: {}\n", job.words, job.error);
    if (count > shown_failures) text += fmt::format("  and {} more\n", count - shown_failures);
    return text.empty() ? text : "\nfailed\n" + text;
}

} // namespace

std::vector<std::string> running_trainings(Store& store) {
    Statement query(store.db(), "SELECT hash FROM jobs WHERE state = 'running' AND kind = 'pretrain'");
    std::vector<std::string> hashes;
    while (query.step()) hashes.push_back(query.text(0));
    return hashes;
}

Watched watch_text(Store& store, const std::map<std::string, LiveTraining>& live) {
    const Transaction snapshot(store.db(), false);
    const auto names = store.experiment_names();
    if (names.empty()) return {store.db().file().string() + " has no experiments yet.\n", false};
    const auto jobs = jobs_of(store, store.find_experiment(names.front()));
    std::map<std::string, std::int64_t> counts;
    std::set<std::string> failed;
    for (const auto& job : jobs) {
        ++counts[job.state];
        if (job.state == "failed") failed.insert(job.hash);
    }
    const auto blocked = std::count_if(jobs.begin(), jobs.end(), [&](const WatchedJob& job) {
        return job.state == "missing" && failed.contains(job.weights);
    });
    Watched watched;
    watched.ended = counts["running"] == 0 && counts["missing"] == blocked;
    watched.text = fmt::format("{}: {} of {} jobs done, {} running, {} failed, {} missing{}\n", names.front(),
                               counts["done"], jobs.size(), counts["running"], counts["failed"], counts["missing"],
                               watched.ended ? std::string() : left_text(store, jobs, live));
    watched.text += bar_text(counts["done"], std::ssize(jobs));
    std::string running;
    for (const auto& job : jobs)
        if (job.state == "running") running += running_text(job, live_of(job, live));
    if (running.empty() && !watched.ended) running = "  nothing: no run is working on it\n";
    if (!running.empty()) watched.text += "\nrunning\n" + running;
    watched.text += finished_text(store, jobs) + failures_text(jobs);
    if (blocked > 0) watched.text += fmt::format("  {} evaluations wait for a pre-training that failed\n", blocked);
    if (const auto health = health_text(store, names.front()); !health.empty())
        watched.text += "\npre-training that is not healthy\n" + health;
    return watched;
}

} // namespace mlvicx
