#include "experiments/runner/runner.h"

#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/evaluation/heatmap_places.h"
#include "experiments/evaluation/heatmap_scores.h"
#include "experiments/plan_controls.h"
#include "experiments/protocol_table.h"
#include "experiments/runner/present_inputs.h"
#include "experiments/runner/pretraining_data.h"
#include "experiments/runner/ready_dataset.h"
#include "experiments/runner/run_audit.h"
#include "experiments/runner/run_loop.h"
#include "experiments/runner/tensorboard.h"
#include "experiments/runner/training.h"
#include "methods/device/launched_rank.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/segmentation_text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace mlvicx {

namespace fs = std::filesystem;
using State = WorkItem::State;

namespace {

/// Checks that given weights fit the plan's network, and that files of features are that, before hours of training.
void check_weights(const Plan& plan) {
    for (const auto& method : plan.methods) {
        if (!method.own.weights.file.empty()) encoder_from_weights(method.encoder, method.own.weights.file);
        for (const auto& [dataset, file] : method.own.features.files)
            if (!file.empty()) const FeatureFile features(file);
    }
}

/// Only images with boxes are scored, and only maps of more than one pixel say where; a plan that asks for heatmaps
/// without any is mistaken.
void require_heatmaps(const Plan& plan, const std::map<std::string, OpenDataset>& datasets) {
    if (!plan.evaluate.heatmaps.on) return;
    for (const auto& method : plan.methods)
        if (method.entry->evaluated == Evaluated::network)
            require_places(method.image_size, plan.evaluate.heatmaps.layer,
                           fmt::format("{}: $.evaluate.heatmaps", plan.file.string()));
    for (const auto& name : plan.evaluate.datasets)
        if (const auto& data = datasets.at(name); !boxed_images(*data.prepared, data.classes).images.empty()) return;
    user_error("{}: $.evaluate.heatmaps is on, but no evaluated dataset ({}) has boxes on its test images",
               plan.file.string(), fmt::join(plan.evaluate.datasets, ", "));
}

std::set<std::string> names_of(const std::map<std::string, std::string>& digests) {
    std::set<std::string> names;
    for (const auto& [name, digest] : digests) names.insert(name);
    return names;
}

/// Opens all datasets and prepares missing ones. Leaves nothing behind if that fails.
std::map<std::string, OpenDataset> ready_datasets(const Plan& plan, const RunOptions& options) {
    const fs::path& results = options.results;
    const fs::path folder = fs::absolute(results).parent_path();
    const bool is_new = !fs::exists(folder);
    try {
        require_writable_folder(folder);
        std::map<std::string, OpenDataset> datasets;
        for (const auto& name : used_datasets(plan))
            datasets.emplace(name, open_with_subsets(plan, name,
                                                     ready_dataset(plan, plan.dataset(name), Artifacts(results),
                                                                   options.trust_prepared)));
        return datasets;
    } catch (...) {
        std::error_code ignored;
        if (is_new) fs::remove(folder, ignored); // only if empty
        throw;
    }
}

JobInputs inputs_of(const std::map<std::string, OpenDataset>& datasets, const torch::Device& device) {
    JobInputs inputs;
    inputs.device = device;
    for (const auto& [name, data] : datasets) add_input(inputs, name, data);
    return inputs;
}

std::vector<JobKey> keys_of(const Jobs& jobs) {
    std::vector<JobKey> keys;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        for (const auto& job : *list) keys.push_back(job.key);
    return keys;
}

const char* state_text(JobState state) {
    switch (state) {
    case JobState::done:
        return "done";
    case JobState::failed:
        return "failed";
    case JobState::running:
        return "running";
    case JobState::absent:
        return "missing";
    }
    return "?";
}

void list_jobs(const Plan& plan, const RunOptions& options, const torch::Device& device) {
    bool all_ready = true;
    JobInputs inputs = present_inputs(plan, options.results, options.trust_prepared, [&](const std::string& sentence) {
        std::printf("%s\n", sentence.c_str());
        all_ready = false;
    });
    inputs.device = device;
    const Jobs jobs = expand_jobs(plan, inputs);
    for (const auto& sentence : left_out_of(plan, names_of(inputs.attributes))) std::printf("%s\n", sentence.c_str());
    const JobChoice choice = choice_of(options);
    if (!choice.shard.whole()) {
        std::printf("%s\n", shard_text(choice.shard, jobs).c_str());
        if (!all_ready) std::printf("shards follow from the prepared images: those of the run will be other ones\n");
    }
    auto items = work_order(jobs, choice);
    std::optional<Store> store;
    if (fs::exists(options.results)) store.emplace(options.results);
    std::map<JobState, int> count;
    for (auto& item : items) {
        const JobState state = store ? store->state(item.job->key.hash) : JobState::absent;
        if (state == JobState::done) item.state = State::done;
        if (state == JobState::failed && !options.retry_failed) item.state = State::failed;
        ++count[state];
        std::printf("%-8s %s  %-8s %s\n", state_text(state), item.job->key.hash.substr(0, 8).c_str(),
                    item.job->key.kind.c_str(), job_text(item.job->key).c_str());
    }
    std::printf("%zu jobs: %d done, %d running, %d failed, %d missing%s\n", items.size(), count[JobState::done],
                count[JobState::running], count[JobState::failed], count[JobState::absent],
                store ? ("; " + left_text(*store, items)).c_str() : "");
}

/// Ends the run with an error that lists the failures, if there are any.
void report_failures(const std::vector<WorkItem>& items) {
    std::string list;
    std::int64_t failed = 0, blocked = 0;
    bool ours = false;
    for (const auto& item : items) {
        blocked += item.state == State::blocked;
        if (item.state != State::failed) continue;
        ++failed;
        ours = ours || item.ours;
        list += fmt::format("\n  {}: {}", job_text(item.job->key), item.error);
    }
    if (failed == 0) return;
    std::string text = fmt::format("{} of {} jobs failed", failed, items.size());
    if (blocked > 0) text += fmt::format(" and {} evaluations could not start without them", blocked);
    text += ":" + list;
    if (ours) throw InternalError(text);
    throw UserError(text);
}

/// What a rank other than the first does: it pre-trains along, and touches no results.
void follow(const Plan& plan, const Jobs& jobs, const std::map<std::string, OpenDataset>& datasets,
            const RunOptions& options, const torch::Device& device) {
    const Artifacts artifacts(options.results);
    TensorBoard none("");
    const JobWork work(plan, datasets, device, artifacts, none, options);
    train_along(*options.world, [&](const std::string& hash) {
        for (const auto& job : jobs.pretrain)
            if (job.key.hash == hash) return work.shared(job);
        user_error("{} has no pre-training {} here: expected the same plan, images, precision and version on all ranks",
                   plan.file.string(), hash);
    });
}

} // namespace

void run_plan(const RunOptions& options) {
    const Plan plan = read_plan(options.plan, options.roots);
    const JobChoice choice = choice_of(options); // reports mistakes before long work
    World* const world = options.world;
    const torch::Device device = rank_device(world, device_of(plan, options.device));
    const bool follows = world != nullptr && !world->first();
    if (follows && world->heard().empty()) return; // until the datasets are ready
    check_weights(plan);
    if (follows) {
        auto datasets = ready_datasets(plan, options);
        audit_run(plan, datasets, Artifacts(options.results), options.audit);
        return follow(plan, expand_jobs(plan, inputs_of(datasets, device)), datasets, options, device);
    }
    if (fs::exists(options.results)) Store(options.results); // an error if it is not a results file, before long work
    if (options.dry_run) return list_jobs(plan, options, device);
    const TensorBoard checked(options.tensorboard); // reports a folder that is not writable before long work
    if (fs::exists(options.results)) log_beside(options.results); // a refused plan leaves no new file

    auto datasets = ready_datasets(plan, options);
    require_batches(plan, datasets);
    require_heatmaps(plan, datasets);
    const auto unused = check_inputs(plan, datasets);
    const JobInputs inputs = inputs_of(datasets, device);
    const Jobs jobs = expand_jobs(plan, inputs);
    audit_run(plan, datasets, Artifacts(options.results), options.audit);
    Store store(options.results);
    log_beside(options.results);
    say("device: {}", describe_device(device));
    if (!choice.shard.whole()) say("{}", shard_text(choice.shard, jobs));
    for (const auto& sentence : unused) say("{}", sentence);
    for (const auto& sentence : left_out_of(plan, names_of(inputs.attributes))) say("{}", sentence);
    const auto keys = keys_of(jobs);
    store.describe_protocols(protocol_descriptions());
    store.add_experiment(plan.name, plan.text, keys);
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return store.state(key.hash) != JobState::done; }))
        for (auto& [name, data] : datasets) {
            verify_content(data);
            data.move_to(device);
        }

    if (world != nullptr) world->announce("ready");
    const auto items = RunLoop(plan, jobs, datasets, options, device, store).run();
    const auto tried = std::count_if(items.begin(), items.end(), [](const WorkItem& item) { return item.tried; });
    if (tried == 0) say("plan \"{}\": nothing to do, all {} jobs are settled", plan.name, items.size());
    const auto rows = grid(store, plan.name);
    if (!rows.empty()) std::printf("%s\n%s\n", grid_text(rows).c_str(), gap_text(rows).c_str());
    std::printf("%s", segmentation_text(grid(store, plan.name, false, Task::segmentation)).c_str());
    if (const auto health = health_text(store, plan.name); !health.empty())
        std::printf("pre-training that is not healthy:\n%s", health.c_str());
    std::printf("%s", leakage_text(store, plan.name).c_str());
    std::printf("results: %s\n", options.results.string().c_str());
    report_failures(items);
}

} // namespace mlvicx
