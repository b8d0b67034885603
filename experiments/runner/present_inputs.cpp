#include "experiments/runner/present_inputs.h"

#include "core/error.h"
#include "experiments/counted_classes.h"
#include "experiments/evaluation/metadata_features.h"
#include "experiments/imported_subsets.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/ready_dataset.h"

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

std::set<std::string> used_datasets(const Plan& plan) {
    std::set<std::string> names(plan.evaluate.datasets.begin(), plan.evaluate.datasets.end());
    for (const auto& test : plan.external) names.insert(test.to);
    for (const auto& method : plan.methods)
        if (method.entry->trains) names.insert(plan.pretrain_datasets.begin(), plan.pretrain_datasets.end());
    return names;
}

OpenDataset open_with_subsets(const Plan& plan, const std::string& name, OpenDataset data) {
    const auto& evaluated = plan.evaluate.datasets;
    if (std::find(evaluated.begin(), evaluated.end(), name) == evaluated.end()) return data;
    const std::string where = plan.file.string() + ": $.evaluate";
    const auto& draws = plan.evaluate.draws.empty() ? plan.seeds : plan.evaluate.draws;
    data.subsets = imported_subsets(plan.evaluate, *data.prepared, draws, where + ".subsets");
    return with_classes(std::move(data), plan.evaluate.classes, where + ".classes");
}

void add_input(JobInputs& inputs, const std::string& name, const OpenDataset& data) {
    inputs.fingerprints[name] = data.fingerprint();
    const auto& attributes = data.prepared->attributes();
    if (!attributes.empty()) inputs.attributes[name] = digest_of(attributes);
    for (const auto& [key, imported] : data.subsets) inputs.subsets[name][key] = imported.digest;
}

JobInputs present_inputs(const Plan& plan, const fs::path& results, bool trust_prepared,
                         const std::function<void(const std::string& sentence)>& tell) {
    JobInputs inputs;
    for (const auto& name : used_datasets(plan)) {
        const PlanDataset& dataset = plan.dataset(name);
        const fs::path file = Artifacts(results).prepared(dataset);
        bool ready = fs::exists(file);
        if (!ready && !dataset.prepared.empty()) open_for(plan, dataset, file); // says that there is none
        if (ready && !trust_prepared && dataset.prepared.empty())
            if (const auto why = changed_since_prepared(dataset, Artifacts(results)); !why.empty()) {
                tell(fmt::format("dataset {}: {} since it was prepared", name, why));
                ready = false;
            }
        if (ready)
            add_input(inputs, name, open_with_subsets(plan, name, open_for(plan, dataset, file)));
        else
            inputs.fingerprints[name] = inputs.attributes[name] = "not prepared yet: " + name;
        if (!ready) tell(fmt::format("dataset {} is not prepared yet", name));
    }
    return inputs;
}

} // namespace mlvicx
