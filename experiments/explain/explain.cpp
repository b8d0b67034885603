#include "experiments/explain/explain.h"

#include "core/error.h"
#include "experiments/explain/job_text.h"
#include "experiments/explain/measure.h"
#include "experiments/explain/sections.h"
#include "experiments/runner/job_filter.h"
#include "experiments/runner/present_inputs.h"
#include "experiments/runner/run_loop.h"
#include "results/report/text.h"

#include <algorithm>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t page = 80;

/// The jobs' inputs, as far as they can be read.
JobInputs inputs_of(const Plan& plan, const fs::path& results, Needs& needs) {
    JobInputs inputs;
    try {
        if (!results.empty()) inputs = present_inputs(plan, results, false, [](const std::string&) {});
    } catch (const UserError& error) {
        const bool known =
            std::any_of(needs.files.begin(), needs.files.end(), [](const Need& need) { return !need.fault.empty(); });
        if (!known) needs.files.push_back({results.string(), "", error.what()});
        inputs = {};
    }
    for (const auto& name : used_datasets(plan)) inputs.fingerprints.emplace(name, "not prepared yet: " + name);
    inputs.without_weights = true;
    return inputs;
}

/// What this process would run the plan on, and why if it cannot.
std::pair<torch::Device, std::string> device_here(const Plan& plan, const std::string& given) {
    const std::string wanted = given.empty() ? plan.device : given;
    try {
        const auto device = device_of(plan, given);
        return {device, fmt::format("{}, {} ({}), {}", device.str(), describe_device(device), wanted,
                                    has_fast_bf16(device) ? "bf16" : "fp32")};
    } catch (const UserError& error) {
        if (!given.empty()) throw;
        return {torch::kCPU, error.what()}; // a plan for another machine
    }
}

} // namespace

std::string explain_plan(const ExplainOptions& options) {
    std::vector<UnsetVariable> unset;
    const Plan plan = read_plan(options.plan, options.roots, &unset);
    std::optional<Store> store;
    if (!options.results.empty() && fs::exists(options.results)) store.emplace(options.results, true);
    const auto [device, device_text] = device_here(plan, options.device);
    Needs needs = needs_of(plan, unset, options.results);
    JobInputs inputs = inputs_of(plan, options.results, needs);
    inputs.device = device;
    const Jobs jobs = expand_jobs(plan, inputs);
    std::set<std::string> done;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        for (const auto& job : *list)
            if (store && store->state(job.key.hash) == JobState::done) done.insert(job.key.hash);
    const auto open = [&](const Job& job) { return !done.contains(job.key.hash); };
    const auto sizes = method_sizes(plan, device);
    Rates rates = Rates::recorded();
    if (options.measure)
        rates.add({"here", "here", "measured now"}, measured_rates(plan, device, options.measure_seconds));

    std::string text = fmt::format("{} ({})\n", plan.name, options.plan.string());
    if (!plan.about.empty()) text += "\n" + wrapped(plan.about, page) + "\n";
    text += "\n" + jobs_text(plan, jobs, open) + "\n" + datasets_text(needs) + "\n" + files_text(needs) + "\n";
    const fs::path results = options.results.empty() ? fs::path("results.db") : options.results;
    const auto encoders = std::count_if(jobs.pretrain.begin(), jobs.pretrain.end(), open);
    text += disk_text(disk_use(plan, jobs, needs, sizes, open), encoders, results) + "\n";
    text += memory_text(plan, sizes, needs, device) + "\n";
    text += "Device: " + device_text + "\n\n";
    text += times_text(plan, jobs, needs, rates, open);
    if (store) {
        auto items = work_order(jobs, {});
        for (auto& each : items)
            if (!open(*each.job)) each.state = WorkItem::State::done;
        text +=
            wrapped(fmt::format("By the finished jobs of {}: {}.", results.string(), left_text(*store, items)), page) +
            "\n";
    }
    if (!options.measure)
        text +=
            wrapped(fmt::format("--measure trains the plan's methods here for {:g} seconds, for an estimate of this "
                                "machine.",
                                options.measure_seconds),
                    page) +
            "\n";
    return text;
}

} // namespace mlvicx
