#include "results/report/watch.h"

#include "core/progress.h"
#include "results/report/health.h"
#include "results/report/sparkline.h"
#include "results/report/text.h"
#include "results/report/watched_jobs.h"
#include "results/store/owner.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <set>

namespace mlvicx {

namespace {

constexpr std::size_t spark_width = 48, shown_last = 5, shown_failures = 5;

/// ", about 25 min left", ", more than 25 min left"; empty if nothing is known.
std::string left_text(const TimeLeft& left) {
    if (left.seconds <= 0) return {};
    return fmt::format(", {} {} left", left.complete ? "about" : "more than", duration_text(left.seconds));
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
    text += "\n    on " + owner_text(job.owner);
    if (training != nullptr) {
        if (const auto rate = training->images_per_second()) text += fmt::format(", {:.4g} images/s", *rate);
        if (training->seconds_per_epoch > 0)
            text += fmt::format(", {} per epoch", duration_text(training->seconds_per_epoch));
    }
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

std::optional<double> LiveTraining::images_per_second() const {
    const auto curve = curves.find("images_per_second");
    if (curve == curves.end() || curve->second.empty()) return std::nullopt;
    return curve->second.back();
}

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
    const auto jobs = watched_jobs(store, store.find_experiment(names.front()));
    const auto counts = counts_of(jobs);
    Watched watched;
    watched.ended = counts.ended();
    watched.text = fmt::format("{}: {} of {} jobs done, {} running, {} failed, {} missing{}\n", names.front(),
                               counts.done, jobs.size(), counts.running, counts.failed, counts.missing,
                               watched.ended ? std::string() : left_text(time_left(store, jobs, live)));
    watched.text += bar_text(counts.done, std::ssize(jobs));
    std::string running;
    for (const auto& job : jobs)
        if (job.state == "running") running += running_text(job, live_of(job, live));
    if (running.empty() && !watched.ended) running = "  nothing: no run is working on it\n";
    if (!running.empty()) watched.text += "\nrunning\n" + running;
    watched.text += finished_text(store, jobs) + failures_text(jobs);
    if (counts.blocked > 0)
        watched.text += fmt::format("  {} evaluations wait for a pre-training that failed\n", counts.blocked);
    if (const auto health = health_text(store, names.front()); !health.empty())
        watched.text += "\npre-training that is not healthy\n" + health;
    return watched;
}

} // namespace mlvicx
