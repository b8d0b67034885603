#include "results/store/merge.h"

#include "core/error.h"
#include "core/progress.h"
#include "results/store/job_content.h"
#include "results/store/merged_experiments.h"
#include "results/store/new_file.h"
#include "results/store/schema.h"
#include "results/store/transfer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// A job in one of the inputs.
struct Found {
    std::size_t input = 0;
    std::int64_t id = 0;
    std::string state, finished_at, host, commit;
    std::int64_t kinds = 0; ///< of content; only of a job that is done in several inputs
};

int rank(const std::string& state) {
    return state == "done" ? 0 : state == "failed" ? 1 : 2;
}

bool is_better(const Found& a, const Found& b) {
    const auto key = [](const Found& job) {
        return std::tuple(rank(job.state), -job.kinds, job.finished_at, job.host, job.commit);
    };
    return key(a) < key(b);
}

using FoundJobs = std::map<std::string, std::vector<Found>>; ///< by hash

FoundJobs found_jobs(const std::vector<Sqlite*>& inputs) {
    FoundJobs jobs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        Statement query(*inputs[i], "SELECT hash, id, state, coalesce(finished_at, ''), coalesce(host, ''), "
                                    "coalesce(git_commit, '') FROM jobs");
        while (query.step())
            jobs[query.text(0)].push_back(
                {i, query.integer(1), query.text(2), query.text(3), query.text(4), query.text(5)});
    }
    return jobs;
}

std::string words(Sqlite& db, std::int64_t job) {
    Statement query(db, "SELECT method, seed, protocol, fraction, draw FROM jobs WHERE id = ?");
    query.bind(1, job).step();
    std::string text = fmt::format("{} seed {}", query.text(0), query.text(1));
    if (const auto draw = query.maybe_integer(4)) text += fmt::format(" draw {}", *draw);
    if (query.text(2).empty()) return text + ", pre-training";
    return text + fmt::format(", {}, fraction {}", query.text(2), query.real(3));
}

/// Sorts the finds of one job, the one to keep first. Returns the conflict between two of them, or nothing.
std::string settle(const std::vector<Sqlite*>& inputs, const std::string& hash, std::vector<Found>& finds) {
    std::vector<std::pair<const Found*, JobContent>> done;
    for (auto& find : finds)
        if (find.state == "done") {
            done.emplace_back(&find, content_of(*inputs[find.input], find.id));
            find.kinds = std::ssize(done.back().second);
        }
    for (std::size_t i = 1; i < done.size(); ++i)
        if (const auto difference = first_difference(done[0].second, done[i].second); !difference.empty()) {
            Sqlite &a = *inputs[done[0].first->input], &b = *inputs[done[i].first->input];
            return fmt::format("{} and {}: {} (hash {}): {}", a.file().string(), b.file().string(),
                               words(a, done[0].first->id), hash.substr(0, 8), difference);
        }
    std::stable_sort(finds.begin(), finds.end(), is_better);
    return {};
}

/// Checks all jobs before anything is written.
void require_agreement(const std::vector<Sqlite*>& inputs, FoundJobs& jobs) {
    std::vector<std::string> conflicts;
    for (auto& [hash, finds] : jobs) {
        if (finds.size() == 1) continue;
        if (auto conflict = settle(inputs, hash, finds); !conflict.empty()) conflicts.push_back(std::move(conflict));
    }
    if (conflicts.empty()) return;
    const std::size_t all = conflicts.size();
    conflicts.resize(std::min<std::size_t>(all, 5));
    user_error("{} of {} jobs have other figures in one file than in another, and so cannot be merged:\n  {}{}", all,
               jobs.size(), fmt::join(conflicts, "\n  "), all > conflicts.size() ? "\n  ..." : "");
}

/// The inputs by the time of their last run, then by name, whatever their order.
std::vector<Sqlite*> in_order(const std::vector<std::unique_ptr<Store>>& stores) {
    std::map<std::pair<std::string, std::string>, Sqlite*> sorted;
    for (const auto& store : stores) {
        Statement query(store->db(), "SELECT coalesce(max(used), '') FROM experiments");
        query.step();
        sorted[{query.text(0), fs::absolute(store->db().file()).string()}] = &store->db();
    }
    std::vector<Sqlite*> inputs;
    for (const auto& [key, db] : sorted) inputs.push_back(db);
    return inputs;
}

std::vector<std::unique_ptr<Store>> opened(std::span<const fs::path> files) {
    std::vector<std::unique_ptr<Store>> stores;
    std::vector<std::string> empties;
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::error_code unknown;
        for (std::size_t other = 0; other < i; ++other)
            if (fs::equivalent(files[i], files[other], unknown))
                user_error("{} and {} are one file, expected different ones", files[other].string(), files[i].string());
        try {
            stores.push_back(std::make_unique<Store>(files[i], true));
        } catch (const EmptyResults& empty) { // a part that was killed as it started keeps no others from the table
            say("{}; left out", empty.what());
            empties.push_back(files[i].string());
        }
    }
    if (stores.empty()) user_error("no results in {}, expected a file that has some", fmt::join(empties, ", "));
    return stores;
}

std::int64_t counted(Sqlite& db, const std::string& what) {
    Statement query(db, "SELECT count(*) FROM " + what);
    query.step();
    return query.integer(0);
}

} // namespace

Merged merge_results(std::span<const fs::path> files, const fs::path& target,
                     const std::function<void(Store&)>& complete) {
    std::error_code unknown;
    if (fs::exists(target, unknown)) user_error("{}: exists already, expected a new name", target.string());
    const auto stores = opened(files);
    const auto inputs = in_order(stores);
    std::vector<std::unique_ptr<Transaction>> snapshots;
    for (auto* input : inputs) snapshots.push_back(std::make_unique<Transaction>(*input, false));
    auto jobs = found_jobs(inputs);
    require_agreement(inputs, jobs);
    const auto experiments = merged_experiments(inputs);
    Merged merged;
    for (const auto& store : stores)
        merged.inputs.push_back(
            {store->db().file(), counted(store->db(), "jobs"), counted(store->db(), "jobs WHERE state = 'done'")});
    for (const auto& [hash, finds] : jobs)
        merged.done_twice +=
            std::count_if(finds.begin(), finds.end(), [](const Found& f) { return f.state == "done"; }) > 1;
    write_new(target, [&](Store& store) {
        Sqlite& db = store.db();
        Transaction transaction(db);
        std::vector<std::unique_ptr<Transfer>> transfers;
        for (auto* input : inputs) transfers.push_back(std::make_unique<Transfer>(*input, db));
        for (const auto& transfer : transfers) transfer->protocols(); // those of the last run win
        for (const auto& [hash, finds] : jobs) transfers[finds.front().input]->job(finds.front().id);
        for (const auto& experiment : experiments) {
            const auto id = transfers[experiment.input]->experiment(experiment.id);
            Statement(db, "UPDATE experiments SET created = ?, used = ?, turn = ? WHERE id = ?")
                .bind(1, experiment.created)
                .bind(2, experiment.used)
                .bind(3, experiment.turn)
                .bind(4, id)
                .run();
        }
        transaction.commit();
        merged.experiments = counted(db, "experiments");
        merged.jobs = counted(db, "jobs");
        merged.done = counted(db, "jobs WHERE state = 'done'");
        merged.failed = counted(db, "jobs WHERE state = 'failed'");
        if (complete) complete(store);
    });
    return merged;
}

} // namespace mlvicx
