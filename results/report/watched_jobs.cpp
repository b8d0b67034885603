#include "results/report/watched_jobs.h"

#include "results/report/job_words.h"
#include "results/store/owner.h"

#include <algorithm>
#include <ctime>
#include <set>

namespace mlvicx {

std::vector<WatchedJob> watched_jobs(Store& store, std::int64_t experiment) {
    Statement query(store.db(),
                    "SELECT x.method, x.dataset, j.protocol, j.fraction, j.seed, j.draw, j.hash, j.kind, j.state, "
                    "coalesce(j.owner, ''), coalesce(json_extract(j.config, '$.weights'), ''), coalesce(j.error, ''), "
                    "coalesce(j.lease_until, 0), strftime('%s', 'now') - strftime('%s', j.started_at), "
                    "json_extract(j.config, '$.training.epochs'), coalesce(j.finished_at, ''), j.seconds, "
                    "(SELECT m.value FROM metrics m WHERE m.job_id = j.id AND m.split = 'test' AND m.position = 0 "
                    "AND m.metric IN ('auc', 'dice')), coalesce(j.started_at, '') FROM experiment_jobs x JOIN jobs j "
                    "ON j.id = x.job_id "
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
        job.started_at = query.text(18);
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

TimeLeft time_left(Store& store, const std::vector<WatchedJob>& jobs, const std::map<std::string, LiveTraining>& live) {
    std::set<std::string> processes;
    double whole_training = 0; // of a running one
    for (const auto& job : jobs) {
        if (!job.alive) continue;
        processes.insert(job.owner);
        if (const auto* training = live_of(job, live))
            whole_training = training->seconds_per_epoch * static_cast<double>(job.epochs);
    }
    TimeLeft left;
    for (const auto& job : jobs) {
        if (job.state == "done" || job.state == "failed") continue;
        if (const auto rest = job.alive ? left_by_epochs(job, live_of(job, live)) : std::nullopt) {
            left.seconds += *rest;
            continue;
        }
        auto typical = store.typical_seconds(job.kind, job.protocol);
        if (!typical && job.kind == "pretrain" && whole_training > 0) typical = whole_training;
        left.complete = left.complete && typical;
        left.seconds += std::max(0.0, typical.value_or(0) - (job.alive ? job.elapsed : 0));
    }
    left.seconds /= static_cast<double>(std::max<std::size_t>(1, processes.size()));
    return left;
}

JobCounts counts_of(const std::vector<WatchedJob>& jobs) {
    JobCounts counts;
    std::set<std::string> failed;
    for (const auto& job : jobs) {
        counts.done += job.state == "done";
        counts.running += job.state == "running";
        counts.failed += job.state == "failed";
        counts.missing += job.state == "missing";
        if (job.state == "failed") failed.insert(job.hash);
    }
    counts.blocked = std::count_if(jobs.begin(), jobs.end(), [&](const WatchedJob& job) {
        return job.state == "missing" && failed.contains(job.weights);
    });
    return counts;
}

} // namespace mlvicx
