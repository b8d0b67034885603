#include "results/verify/verify.h"

#include "results/report/job_words.h"
#include "results/verify/checks.h"

#include <utility>

namespace mlvicx {

void for_checked_jobs(Store& store, const std::string& condition, const std::function<void(CheckedJob)>& visit) {
    const auto protocols = store.protocols();
    Statement query(store.db(), "SELECT method, dataset, protocol, fraction, seed, draw, id, hash, kind, config, "
                                "state = 'done', coalesce(dataset_fingerprint, ''), coalesce(details, '{}') "
                                "FROM jobs WHERE " +
                                    condition + " ORDER BY id");
    while (query.step()) {
        CheckedJob job;
        job.key.method = query.text(0);
        job.key.dataset = query.text(1);
        job.key.protocol = query.text(2);
        job.key.fraction = query.real(3);
        job.key.seed = query.integer(4);
        job.key.draw = query.maybe_integer(5);
        job.id = query.integer(6);
        job.key.hash = query.text(7);
        job.key.kind = query.text(8);
        job.config = query.text(9);
        if (const auto config = query.json(9); config.is_object()) job.key.config = config.get_object();
        job.done = query.integer(10) != 0;
        job.fingerprint = query.text(11);
        if (const auto details = query.json(12); details.is_object()) job.details = details.get_object();
        job.words = fmt::format("{} ({})", job_words(job.key, protocols), job.key.hash.substr(0, 8));
        visit(std::move(job));
    }
}

std::vector<CheckedJob> checked_jobs(Store& store) {
    std::vector<CheckedJob> jobs;
    for_checked_jobs(store, "TRUE", [&](CheckedJob job) { jobs.push_back(std::move(job)); });
    return jobs;
}

Verification verify(Store& store, const std::filesystem::path& encoders) {
    const Transaction snapshot(store.db(), false);
    Verification found;
    if (!check_structure(store, found)) return found;
    const auto jobs = checked_jobs(store);
    check_plans(store, jobs, found);
    check_identities(jobs, found);
    check_digests(store, jobs, found);
    check_image_sets(store, found);
    check_figures(store, jobs, found);
    check_leakage(store, jobs, found);
    check_encoders(jobs, encoders, found);
    return found;
}

} // namespace mlvicx
