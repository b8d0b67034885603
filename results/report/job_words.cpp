#include "results/report/job_words.h"

#include "results/statistics/grid.h"

#include <fmt/format.h>

namespace mlvicx {

std::string job_words(const JobKey& job, const std::map<std::string, Protocol>& protocols) {
    if (job.protocol.empty()) return fmt::format("{}, pre-training on {}, seed {}", job.method, job.dataset, job.seed);
    return fmt::format("{}, {}, {} of {}, seed {}{}", job.method, protocol_of(protocols, job.protocol).label,
                       fraction_label(job.fraction), job.dataset, job.seed,
                       job.draw ? fmt::format(", draw {}", *job.draw) : "");
}

std::string job_words(const Statement& query, const std::map<std::string, Protocol>& protocols) {
    JobKey job;
    job.method = query.text(0);
    job.dataset = query.text(1);
    job.protocol = query.text(2);
    job.fraction = query.real(3);
    job.seed = query.integer(4);
    job.draw = query.maybe_integer(5);
    return job_words(job, protocols);
}

} // namespace mlvicx
