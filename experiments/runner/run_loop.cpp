#include "experiments/runner/run_loop.h"

#include "core/error.h"
#include "core/file_lock.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/machine_fault.h"
#include "core/process.h"
#include "core/progress.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/runner/lease.h"
#include "experiments/runner/training.h"
#include "results/report/curves.h"
#include "results/report/stamps.h"
#include "results/store/owner.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

namespace mlvicx {

namespace fs = std::filesystem;
using State = WorkItem::State;

std::vector<WorkItem> work_order(const Jobs& jobs, const JobChoice& choice) {
    std::vector<WorkItem> items;
    std::set<std::size_t> added;
    const auto add_pretrain = [&](std::size_t i) {
        if (added.insert(i).second) items.emplace_back(jobs.pretrain[i]);
    };
    for (const auto& job : jobs.evaluate) {
        if (!choice.takes(job)) continue;
        if (job.pretrain) add_pretrain(*job.pretrain);
        items.emplace_back(job);
    }
    for (std::size_t i = 0; i < jobs.pretrain.size(); ++i)
        if (choice.takes(jobs.pretrain[i])) add_pretrain(i);
    return items;
}

JobChoice choice_of(const RunOptions& options) {
    return {JobFilter(options.only), options.shard.empty() ? Shard() : shard_from(options.shard)};
}

std::string left_text(Store& store, const std::vector<WorkItem>& items) {
    std::map<std::pair<std::string, std::string>, std::int64_t> open;
    std::int64_t left = 0;
    for (const auto& item : items)
        if (item.state == State::open) {
            ++open[{item.job->key.kind, item.job->key.protocol}];
            ++left;
        }
    double seconds = 0;
    bool all_timed = true;
    for (const auto& [kind, count] : open) {
        const auto typical = store.typical_seconds(kind.first, kind.second);
        all_timed = all_timed && typical;
        seconds += typical.value_or(0) * static_cast<double>(count);
    }
    if (left == 0) return "nothing left";
    if (all_timed) return fmt::format("{} left, about {}", left, duration_text(seconds));
    if (seconds == 0) return fmt::format("{} left", left);
    return fmt::format("{} left, more than {}", left, duration_text(seconds));
}

RunLoop::RunLoop(const Plan& plan, const Jobs& jobs, const std::map<std::string, OpenDataset>& datasets,
                 const RunOptions& options, const torch::Device& device, Store& store)
    : jobs_(jobs), options_(options), store_(store), artifacts_(options.results), owner_(process_owner()),
      provenance_(provenance_of(device)), items_(work_order(jobs, choice_of(options))),
      board_(std::make_unique<TensorBoard>(options.tensorboard)),
      work_(plan, datasets, device, artifacts_, *board_, options) {}

std::vector<WorkItem> RunLoop::run() {
    remove_left_behind(artifacts_.root, true);
    for (bool said = false;;) {
        bool waiting = false, moved = false;
        for (auto& item : items_) {
            if (item.state != State::open) continue;
            if (visit(item) == Step::waiting)
                waiting = true;
            else
                moved = true;
        }
        if (!waiting) break;
        if (moved) continue;
        if (!said) say("waiting for jobs of other processes; {}", left_text(store_, items_));
        said = true;
        for (int i = 0; i < 10 && !interrupted(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    clean_up();
    return items_;
}

RunLoop::Step RunLoop::visit(WorkItem& item) {
    if (interrupted()) throw Interrupted();
    const Job& job = *item.job;
    const JobState state = store_.state(job.key.hash);
    if (state == JobState::done) {
        if (encoder_is_lost(item)) train_again(job);
        if (!options_.tensorboard.empty()) board_->complete(job.key, curves_of(store_, job.key.hash));
        settle(item, State::done);
        return Step::settled;
    }
    if (state == JobState::failed && (!options_.retry_failed || item.tried)) {
        settle(item, State::failed, store_.error_of(job.key.hash) + " (in an earlier run; --retry-failed retries it)");
        return Step::settled;
    }
    if (job.pretrain) {
        const Job* wanted = &jobs_.pretrain[*job.pretrain];
        const auto pretrain =
            std::find_if(items_.begin(), items_.end(), [&](const WorkItem& other) { return other.job == wanted; });
        if (pretrain->state == State::open) return Step::waiting;
        if (pretrain->state != State::done) {
            settle(item, State::blocked);
            return Step::settled;
        }
    }
    if (!store_.claim(job.key, owner_, LeaseKeeper::seconds)) return Step::waiting;
    work(item);
    return Step::settled;
}

void RunLoop::work(WorkItem& item) {
    const JobKey& key = item.job->key;
    item.tried = true;
    log_line(fmt::format("started: {}", job_text(key)));
    JobResult result;
    std::string error;
    try {
        const LeaseKeeper keeper(store_, key.hash, owner_);
        result = item.trains() ? work_.train(*item.job) : work_.evaluate(*item.job);
    } catch (const Interrupted&) {
        store_.release(key.hash, owner_);
        log_line(fmt::format("interrupted: {}", job_text(key)));
        throw;
    } catch (const UserError& caught) {
        error = caught.what();
    } catch (const std::exception& caught) {
        const auto fault = machine_fault(caught);
        const auto* torch_error = dynamic_cast<const c10::Error*>(&caught);
        error = fault ? fault->text : torch_error ? torch_error->what_without_backtrace() : caught.what();
        item.ours = !fault;
    }
    if (error.empty()) {
        store_.finish(key, result, provenance_);
        board_->complete(key, result.curves);
        settle(item, State::done);
        tell(item, result);
        remove_checkpoint(key.hash); // what stays is removed at the end of the run
    } else {
        store_.fail(key, error, provenance_);
        settle(item, State::failed, error);
        say("failed: {}: {}", job_text(key), error);
    }
    for (const auto& id : item.job->cached()) clean_features(id);
}

void RunLoop::settle(WorkItem& item, State state, const std::string& error) {
    item.state = state;
    item.error = error;
}

bool RunLoop::encoder_is_lost(const WorkItem& item) const {
    if (!item.trains() || fs::exists(artifacts_.encoder(item.job->key.hash))) return false;
    return std::any_of(items_.begin(), items_.end(), [&](const WorkItem& other) { // does another job still need it?
        if (other.job->encoder_id != item.job->key.hash) return false;
        const JobState state = store_.state(other.job->key.hash);
        return state != JobState::done && (state != JobState::failed || options_.retry_failed);
    });
}

void RunLoop::train_again(const Job& job) const {
    const fs::path file = artifacts_.encoder(job.key.hash);
    fs::create_directories(file.parent_path());
    const FileLock lock(fs::path(file).replace_extension(".lock")); // a finished job cannot be claimed
    if (fs::exists(file)) return;
    say("the encoder of {} is missing ({}): training it again", job_text(job.key), file.string());
    work_.train(job);
}

void RunLoop::remove_checkpoint(const std::string& hash) const {
    std::error_code ignored;
    fs::remove(artifacts_.checkpoint(hash), ignored);
    fs::remove(artifacts_.live_curves(hash), ignored);
}

void RunLoop::clean_features(const std::string& id) {
    for (const auto& job : jobs_.evaluate)
        if (job.features == id || job.target_features == id) {
            const JobState state = store_.state(job.key.hash);
            if (state != JobState::done && state != JobState::failed) return;
        }
    std::error_code ignored;
    fs::remove(artifacts_.features(id), ignored);
    fs::remove(checkpoint_beside(artifacts_.features(id)), ignored);
}

void RunLoop::clean_up() {
    std::error_code ignored;
    for (const auto* list : {&jobs_.pretrain, &jobs_.evaluate})
        for (const auto& job : *list)
            if (store_.state(job.key.hash) == JobState::done) remove_checkpoint(job.key.hash);
    std::set<std::string> ids;
    for (const auto& job : jobs_.evaluate)
        for (const auto& id : job.cached())
            if (ids.insert(id).second) clean_features(id);
    for (const char* folder : {"features", "checkpoints"}) fs::remove(artifacts_.root / folder, ignored); // if empty
}

void RunLoop::tell(const WorkItem& item, const JobResult& result) {
    const auto settled =
        std::count_if(items_.begin(), items_.end(), [](const WorkItem& other) { return other.state != State::open; });
    std::string outcome;
    if (item.trains()) {
        const auto* loss = result.details.if_contains("loss");
        outcome =
            loss && loss->is_number() ? fmt::format("trained, loss {:.4g}", loss->to_number<double>()) : "trained";
        outcome += ", " + health_of_details(result.details);
    } else if (const auto* auc = find_metric(result.test, "auc"); auc && auc->mean) {
        outcome =
            fmt::format("AUC {:.1f} % over {} of {} classes", 100 * *auc->mean, auc->defined, auc->classes.size());
    } else if (protocol_entry(item.job->key.protocol).procedure.is_segmentation()) {
        outcome = "Dice";
        for (std::size_t k = 0; k < 3; ++k) { // per image, of images with the mask, pooled
            const auto& mean = result.test[k].mean;
            outcome += (k == 0 ? " " : " / ") + (mean ? fmt::format("{:.1f}", 100 * *mean) : std::string("-"));
        }
    } else {
        outcome = "no class has a defined AUC";
    }
    for (const auto& stamp : stamps_in(result.details)) outcome += ", " + words_of(stamp);
    say("[{}/{}] {}: {}, {}; {}", settled, items_.size(), job_text(item.job->key), outcome,
        duration_text(result.seconds), left_text(store_, items_));
}

} // namespace mlvicx
