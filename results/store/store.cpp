#include "results/store/store.h"

#include "core/error.h"
#include "core/file_system.h"
#include "core/hash.h"
#include "core/suggest.h"
#include "results/store/owner.h"
#include "results/store/schema.h"

#include <fmt/ranges.h>

#include <chrono>

namespace mlvicx {

namespace {

/// Seconds since 1970, for leases.
double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

Store::Store(const std::filesystem::path& file, bool read_only) : Store(file, read_only, network_file_system(file)) {}

Store::Store(const std::filesystem::path& file, bool read_only, const std::string& network)
    : lock_(file, read_only ? "" : network), db_(open_results(file, read_only, network)) {}

Protocol protocol_of(const std::map<std::string, Protocol>& known, const std::string& name) {
    const auto found = known.find(name);
    if (found != known.end()) return found->second;
    return {name, name.empty() ? "pre-training" : name, Task::classification};
}

std::int64_t Store::job_id(const JobKey& job) {
    Statement(db_, "INSERT INTO jobs (hash, kind, method, dataset, protocol, fraction, seed, draw, config) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING")
        .bind(1, job.hash)
        .bind(2, job.kind)
        .bind(3, job.method)
        .bind(4, job.dataset)
        .bind(5, job.protocol)
        .bind(6, job.fraction)
        .bind(7, job.seed)
        .bind(8, job.draw)
        .bind(9, canonical(job.config))
        .run();
    Statement query(db_, "SELECT id FROM jobs WHERE hash = ?");
    query.bind(1, job.hash).step();
    return query.integer(0);
}

std::int64_t Store::add_experiment(const std::string& name, const json::value& plan, const std::vector<JobKey>& jobs) {
    const std::string text = canonical(plan);
    Transaction transaction(db_);
    Statement insert(db_, "INSERT INTO experiments (name, plan, plan_hash, created, used, turn) VALUES (?1, ?2, ?3, " +
                              now_text + ", " + now_text +
                              ", (SELECT coalesce(max(turn), 0) + 1 FROM experiments)) "
                              "ON CONFLICT (name, plan_hash) DO UPDATE SET used = excluded.used, turn = excluded.turn "
                              "RETURNING id");
    insert.bind(1, name).bind(2, text).bind(3, sha256(text)).step();
    const std::int64_t id = insert.integer(0);
    insert.run();
    Statement(db_, "DELETE FROM experiment_jobs WHERE experiment_id = ?").bind(1, id).run();
    Statement link(db_, "INSERT INTO experiment_jobs (experiment_id, position, job_id, method, dataset, control) "
                        "VALUES (?, ?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const auto& job : jobs) {
        link.bind(1, id).bind(2, position++).bind(3, job_id(job)).bind(4, job.method).bind(5, job.dataset);
        link.bind(6, std::int64_t{job.control}).run();
    }
    transaction.commit();
    return id;
}

std::vector<std::string> Store::experiment_names() {
    Statement query(db_, "SELECT name FROM experiments GROUP BY name ORDER BY max(turn) DESC");
    std::vector<std::string> names;
    while (query.step()) names.push_back(query.text(0));
    return names;
}

std::int64_t Store::find_experiment(const std::string& name) {
    Statement query(db_, "SELECT id FROM experiments WHERE name = ?1 OR ?1 = '' ORDER BY turn DESC LIMIT 1");
    if (query.bind(1, name).step()) return query.integer(0);
    const auto names = experiment_names();
    if (names.empty()) user_error("{}: has no experiments yet", db_.file().string());
    user_error("{}: has no experiment \"{}\", expected one of: {}{}", db_.file().string(), name, fmt::join(names, ", "),
               did_you_mean(name, names));
}

std::vector<StoredJob> Store::jobs_of(const std::string& experiment) {
    Statement query(db_,
                    "SELECT j.hash, j.kind, x.method, x.dataset, j.protocol, j.fraction, j.seed, j.draw, j.config, "
                    "x.control, json_extract(j.details, '$.weights') FROM experiments e "
                    "JOIN experiment_jobs x ON x.experiment_id = e.id JOIN jobs j ON j.id = x.job_id "
                    "WHERE e.name = ? ORDER BY x.position");
    query.bind(1, experiment);
    std::vector<StoredJob> jobs;
    while (query.step()) {
        jobs.push_back({{query.text(0), query.text(1), query.text(2), query.text(3), query.text(4), query.real(5),
                         query.integer(6), query.maybe_integer(7), query.object(8), query.integer(9) != 0},
                        {}});
        if (query.type(10) != "null") jobs.back().weights = query.object(10);
    }
    return jobs;
}

void Store::describe_protocols(std::span<const Protocol> protocols) {
    Transaction transaction(db_);
    Statement insert(db_, "INSERT OR REPLACE INTO protocols (name, label, task) VALUES (?, ?, ?)");
    for (const auto& [name, label, task] : protocols)
        insert.bind(1, name)
            .bind(2, label)
            .bind(3, std::string(task == Task::segmentation ? "segmentation" : "classification"))
            .run();
    transaction.commit();
}

std::map<std::string, Protocol> Store::protocols() {
    Statement query(db_, "SELECT name, label, task = 'segmentation' FROM protocols");
    std::map<std::string, Protocol> protocols;
    while (query.step())
        protocols[query.text(0)] = {query.text(0), query.text(1),
                                    query.integer(2) != 0 ? Task::segmentation : Task::classification};
    return protocols;
}

JobState Store::state(const std::string& hash) {
    Statement query(db_, "SELECT state FROM jobs WHERE hash = ?");
    if (!query.bind(1, hash).step()) return JobState::absent;
    const std::string text = query.text(0);
    if (text == "running") return JobState::running;
    if (text == "failed") return JobState::failed;
    return text == "done" ? JobState::done : JobState::absent;
}

std::string Store::error_of(const std::string& hash) {
    Statement query(db_, "SELECT error FROM jobs WHERE hash = ? AND state = 'failed'");
    return query.bind(1, hash).step() ? query.text(0) : std::string();
}

bool Store::claim(const JobKey& job, const std::string& owner, double lease_seconds) {
    Transaction transaction(db_);
    require_known_schema(db_);
    const std::int64_t id = job_id(job);
    Statement query(db_, "SELECT state, owner, lease_until FROM jobs WHERE id = ?");
    query.bind(1, id).step();
    const std::string state = query.text(0), holder = query.text(1);
    if (state == "done") return false;
    const bool held = state == "running" && holder != owner && query.real(2) > now() && !owner_is_gone(holder);
    if (held) return false;
    Statement(db_, "UPDATE jobs SET state = 'running', owner = ?, lease_until = ?, error = NULL, started_at = " +
                       now_text + ", finished_at = NULL WHERE id = ?")
        .bind(1, owner)
        .bind(2, now() + lease_seconds)
        .bind(3, id)
        .run();
    query.run();
    transaction.commit();
    return true;
}

void Store::renew(const std::string& hash, const std::string& owner, double lease_seconds) {
    Statement(db_, "UPDATE jobs SET lease_until = ? WHERE hash = ? AND owner = ? AND state = 'running'")
        .bind(1, now() + lease_seconds)
        .bind(2, hash)
        .bind(3, owner)
        .run();
}

void Store::release(const std::string& hash, const std::string& owner) {
    Statement(db_, "UPDATE jobs SET state = 'missing', owner = NULL, lease_until = NULL, started_at = NULL "
                   "WHERE hash = ? AND owner = ? AND state = 'running'")
        .bind(1, hash)
        .bind(2, owner)
        .run();
}

void Store::fail(const JobKey& job, const std::string& error, const Provenance& provenance) {
    Transaction transaction(db_);
    Statement(db_, "UPDATE jobs SET state = 'failed', error = ?, owner = NULL, lease_until = NULL, git_commit = ?, "
                   "suite_version = ?, libtorch_version = ?, device = ?, host = ?, finished_at = " +
                       now_text + " WHERE id = ? AND state <> 'done'")
        .bind(1, error)
        .bind(2, provenance.git_commit)
        .bind(3, provenance.suite_version)
        .bind(4, provenance.libtorch_version)
        .bind(5, provenance.device)
        .bind(6, provenance.host)
        .bind(7, job_id(job))
        .run();
    transaction.commit();
}

json::object Store::details(const std::string& hash) {
    Statement query(db_, "SELECT details FROM jobs WHERE hash = ? AND state = 'done'");
    ensure(query.bind(1, hash).step(), "details: the job is not done");
    return query.object(0);
}

std::optional<double> Store::typical_seconds(const std::string& kind, const std::string& protocol) {
    Statement query(db_, "SELECT avg(seconds) FROM jobs WHERE kind = ? AND protocol = ? AND state = 'done'");
    query.bind(1, kind).bind(2, protocol).step();
    return query.maybe_real(0);
}

} // namespace mlvicx
