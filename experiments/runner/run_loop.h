#pragma once

#include "experiments/open_dataset.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/job_work.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/runner.h"
#include "experiments/runner/shard.h"
#include "experiments/runner/tensorboard.h"
#include "results/store/store.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// A job that this run has to bring to an end.
struct WorkItem {
    explicit WorkItem(const Job& of) : job(&of) {}
    const Job* job;
    enum class State { open, done, failed, blocked } state = State::open;
    std::string error;  ///< of a failed job
    bool ours = false;  ///< the failure is a bug of the suite
    bool tried = false; ///< this process worked on it
    bool trains() const { return job->key.kind == "pretrain"; }
};

/// The selected jobs in working order: each pre-training just before the evaluations that depend on it.
std::vector<WorkItem> work_order(const Jobs& jobs, const JobChoice& choice);

/// Throws UserError for mistakes in --only and --shard.
JobChoice choice_of(const RunOptions& options);

/// The remaining work as text: "66 left, about 25 min".
std::string left_text(Store& store, const std::vector<WorkItem>& items);

/// Works on the jobs until each is done, failed or blocked by a failed pre-training. Jobs held by other processes are
/// skipped and waited for at the end.
class RunLoop {
public:
    RunLoop(const Plan& plan, const Jobs& jobs, const std::map<std::string, OpenDataset>& datasets,
            const RunOptions& options, const torch::Device& device, Store& store);
    /// Runs the jobs and returns the items as they ended. Throws Interrupted.
    std::vector<WorkItem> run();

private:
    enum class Step { settled, waiting };
    Step visit(WorkItem& item);
    void work(WorkItem& item);
    void settle(WorkItem& item, WorkItem::State state, const std::string& error = {});
    bool encoder_is_lost(const WorkItem& item) const;
    void train_again(const Job& job) const;
    void remove_checkpoint(const std::string& hash) const;
    void clean_features(const std::string& id);
    void clean_up();
    void tell(const WorkItem& item, const JobResult& result);

    const Jobs& jobs_;
    const RunOptions& options_;
    Store& store_;
    const Artifacts artifacts_;
    const std::string owner_;
    const Provenance provenance_;
    std::vector<WorkItem> items_;
    const std::unique_ptr<TensorBoard> board_;
    JobWork work_;
};

} // namespace mlvicx
