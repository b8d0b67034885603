#include "experiments/explain/times.h"

#include "core/progress.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace mlvicx {

namespace {

/// An option of a protocol by its key; `otherwise` if it has none of this name.
double option(const json::object& options, const char* key, double otherwise) {
    const auto* found = options.if_contains(key);
    return found && found->is_number() ? found->to_number<double>() : otherwise;
}

/// The estimates for one machine.
class Estimate {
public:
    Estimate(const Plan& plan, const Needs& needs, const Rates& rates, const RatedMachine& machine)
        : plan_(plan), needs_(needs), rates_(rates), machine_(machine) {}

    std::optional<double> pretraining(const PlanMethod& method) const {
        const auto& options = method.pretrain;
        std::int64_t images = 0;
        for (const auto& name : plan_.pretrain_datasets) {
            const std::int64_t train = needs_.dataset(name).train;
            if (train == 0) return std::nullopt;
            images += train;
        }
        const auto step =
            rates_.step_seconds(query(method, options.precision), {options.image_size, options.batch_size});
        if (!step || images == 0) return std::nullopt;
        return *step * static_cast<double>(options.epochs * (images / options.batch_size));
    }

    /// `features`: ids of the features that are there already; gets those of the job.
    std::optional<double> evaluation(const Job& job, std::set<std::string>& features) const {
        const PlanMethod& method = plan_.methods[job.method];
        const DatasetFacts& facts = needs_.dataset(job.key.dataset);
        if (facts.images == 0) return std::nullopt;
        const ProtocolEntry& protocol = protocol_entry(job.key.protocol);
        std::any own = plan_.evaluate.protocol_options.at(protocol.key);
        const json::object options = resolved([&](Fields& f) { protocol.procedure.fields(f, own); });
        const auto batch = static_cast<std::int64_t>(option(options, "batch_size", 32));
        const auto forward_backward =
            rates_.supervised_seconds(query(method, plan_.evaluate.precision), {method.image_size, batch});
        if (!forward_backward) return std::nullopt;
        const double forward = *forward_backward / 3 / static_cast<double>(batch); // of one image
        if (protocol.procedure.on_features()) {
            if (!features.insert(job.features).second) return 0.0;
            return forward * static_cast<double>(facts.images);
        }
        const double labelled =
            job.key.fraction > 1 ? job.key.fraction : job.key.fraction * static_cast<double>(facts.train);
        const double steps =
            std::max(std::ceil(labelled / static_cast<double>(batch)), option(options, "min_steps_per_epoch", 1));
        const double epoch = steps * *forward_backward + forward * static_cast<double>(facts.validation);
        // A decoder works on maps as large as the encoder's.
        const double decoder = protocol.procedure.is_segmentation() ? 2 : 1;
        return decoder * (option(options, "epochs", 1) * epoch + forward * static_cast<double>(facts.test));
    }

private:
    Rates::Query query(const PlanMethod& method, const std::string& precision) const {
        const bool here = machine_.key == "here";
        const std::string automatic = rates_.has_bf16(machine_.key) ? "bf16" : "fp32";
        return {machine_.key, here ? method.label : method.entry->name, method.encoder,
                precision == "auto" ? automatic : precision};
    }

    const Plan& plan_;
    const Needs& needs_;
    const Rates& rates_;
    const RatedMachine& machine_;
};

/// Adds to a sum that is unknown once a part of it is.
void add(std::optional<double>& sum, std::optional<double> part) {
    if (!part) sum.reset();
    if (sum) *sum += *part;
}

} // namespace

PlanTime plan_time(const Plan& plan, const Jobs& jobs, const Needs& needs, const Rates& rates,
                   const RatedMachine& machine, const std::function<bool(const Job&)>& open) {
    const Estimate estimate(plan, needs, rates, machine);
    PlanTime time;
    for (const auto& method : plan.methods)
        time.pretrain.push_back(method.entry->trains ? estimate.pretraining(method) : std::nullopt);
    time.pretraining = time.evaluation = 0;
    for (const auto& job : jobs.pretrain)
        if (open(job)) add(time.pretraining, time.pretrain[job.method]);
    std::set<std::string> features;
    for (const auto& job : jobs.evaluate)
        if (open(job)) add(time.evaluation, estimate.evaluation(job, features));
    return time;
}

std::string rough_duration(std::optional<double> seconds) {
    if (!seconds) return "-";
    constexpr double hour = 3600, day = 24 * hour;
    if (*seconds >= 3 * day) return fmt::format("{:.0f} days", *seconds / day);
    if (*seconds >= 10 * hour) return fmt::format("{:.0f} h", *seconds / hour);
    return duration_text(*seconds);
}

} // namespace mlvicx
