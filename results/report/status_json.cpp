#include "results/report/status_json.h"

#include "results/report/watched_jobs.h"
#include "results/store/owner.h"

#include <cmath>

namespace mlvicx {

namespace {

json::value whole(double number) {
    return static_cast<std::int64_t>(std::llround(number));
}

json::value or_null(const std::optional<double>& number) {
    return number ? json::value(*number) : json::value();
}

json::object running_json(const WatchedJob& job, const LiveTraining* training) {
    json::object text{{"job", job.words},
                      {"hash", job.hash},
                      {"owner", owner_text(job.owner)},
                      {"alive", job.alive},
                      {"since", job.started_at},
                      {"seconds", whole(job.elapsed)},
                      {"epoch", nullptr},
                      {"epochs", nullptr},
                      {"images_per_second", nullptr},
                      {"seconds_per_epoch", nullptr},
                      {"seconds_left", or_null(left_by_epochs(job, training))}};
    if (job.epochs > 0) text["epochs"] = job.epochs;
    if (training == nullptr) return text;
    text["epoch"] = training->epochs;
    text["images_per_second"] = or_null(training->images_per_second());
    if (training->seconds_per_epoch > 0) text["seconds_per_epoch"] = training->seconds_per_epoch;
    return text;
}

json::object experiment_json(Store& store, const std::string& name, const std::map<std::string, LiveTraining>& live) {
    const auto id = store.find_experiment(name);
    Statement query(store.db(), "SELECT created, used FROM experiments WHERE id = ?");
    query.bind(1, id).step();
    const auto jobs = watched_jobs(store, id);
    const auto counts = counts_of(jobs);
    const auto left = time_left(store, jobs, live);
    json::array running, failed;
    for (const auto& job : jobs) {
        if (job.state == "running") running.push_back(running_json(job, live_of(job, live)));
        if (job.state == "failed")
            failed.push_back(json::object{{"job", job.words}, {"hash", job.hash}, {"error", job.error}});
    }
    const bool known = left.seconds > 0 || counts.ended();
    return {{"name", name},
            {"first_run", query.text(0)},
            {"last_run", query.text(1)},
            {"ended", counts.ended()},
            {"jobs",
             {{"all", jobs.size()},
              {"done", counts.done},
              {"running", counts.running},
              {"failed", counts.failed},
              {"missing", counts.missing},
              {"blocked", counts.blocked}}},
            {"seconds_left", known ? whole(left.seconds) : json::value()},
            {"seconds_left_is_complete", left.complete},
            {"running", running},
            {"failed", failed}};
}

} // namespace

json::object status_json(Store& store, const std::map<std::string, LiveTraining>& live,
                         const std::map<std::string, double>& disk) {
    const Transaction snapshot(store.db(), false);
    json::array experiments;
    for (const auto& name : store.experiment_names()) experiments.push_back(experiment_json(store, name, live));
    json::object bytes;
    for (const auto& [what, size] : disk) bytes[what] = whole(size);
    return {{"file", store.db().file().string()}, {"disk_bytes", bytes}, {"experiments", experiments}};
}

} // namespace mlvicx
