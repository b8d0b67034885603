#include "experiments/explain/needs.h"

#include "core/error.h"
#include "datasets/importers/importer_table.h"
#include "datasets/phantom/phantom.h"
#include "datasets/prepared.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/present_inputs.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace fs = std::filesystem;

const DatasetFacts& Needs::dataset(const std::string& name) const {
    for (const auto& facts : datasets)
        if (facts.name == name) return facts;
    throw InternalError("no dataset \"" + name + "\" is needed");
}

namespace {

/// Images published with a dataset; how many of them an official split trains on, validation included (0: there is
/// none); and how many a split by patient has, which is usual for Kaggle's part of VinBig, PhysioNet's training images.
/// Sources: the importers compare a complete table with the same numbers.
struct Published {
    const char* importer;
    std::int64_t images, official_training, by_patient, classes;
};
constexpr Published published[] = {{"nih", 112120, 86524, 112120, 14},
                                   {"rsna", 26684, 0, 26684, 1},
                                   {"siim", 12047, 10675, 12047, 1},
                                   {"vinbig", 18000, 15000, 15000, 14},
                                   {"kermany", 5856, 5232, 5856, 3}};

/// Splits a number of images as the options would on average.
void split(DatasetFacts& facts, const SplitOptions& options, std::int64_t official_training) {
    const auto part = [](std::int64_t images, double fraction) {
        return static_cast<std::int64_t>(std::llround(static_cast<double>(images) * fraction));
    };
    const bool official = options.kind == "official" && official_training > 0;
    facts.test = official ? facts.images - official_training : part(facts.images, options.test);
    facts.validation = part(official ? official_training : facts.images, options.validation);
    facts.train = facts.images - facts.test - facts.validation;
}

void count(DatasetFacts& facts, Split split) {
    ++facts.images;
    ++(split == Split::train ? facts.train : split == Split::validation ? facts.validation : facts.test);
}

void read_prepared(DatasetFacts& facts, const fs::path& file) {
    const PreparedDataset data(file);
    for (std::int64_t i = 0; i < data.size(); ++i) count(facts, data.split(i));
    facts.stored_masks = static_cast<std::int64_t>(data.masks().size()) / (data.image_size() * data.image_size());
    facts.image_size = data.image_size();
    facts.classes = static_cast<std::int64_t>(data.classes().size());
    facts.masks = static_cast<std::int64_t>(data.mask_names().size());
    facts.known_from = "prepared";
    facts.is_prepared = true;
}

void read_tables(DatasetFacts& facts, const ImportOptions& options) {
    const DatasetIndex index = import_dataset(options);
    for (const auto& image : index.images) {
        count(facts, image.split);
        facts.stored_masks +=
            std::count_if(image.masks.begin(), image.masks.end(), [](const Mask& mask) { return !mask.empty(); });
    }
    facts.classes = static_cast<std::int64_t>(index.classes.size());
    facts.masks = static_cast<std::int64_t>(index.mask_names.size());
    facts.known_from = "its tables";
}

void assume(DatasetFacts& facts, const ImportOptions& options) {
    if (importer_entry(options.importer).makes_root) {
        facts.images = options.own<PhantomOptions>().images;
        facts.classes = 14;
        facts.known_from = "to be drawn";
        split(facts, options.split, 0);
        return;
    }
    for (const auto& known : published)
        if (options.importer == known.importer) {
            facts.images = options.split.kind == "official" ? known.images : known.by_patient;
            facts.classes = known.classes;
            facts.known_from = "as published";
            split(facts, options.split, known.official_training);
        }
}

/// Collects the needs of a plan.
class Collector {
public:
    Collector(const Plan& plan, const std::vector<UnsetVariable>& unset, const fs::path& results)
        : plan_(plan), unset_(unset), results_(results) {}

    Needs needs() {
        for (const auto& name : used_datasets(plan_)) add_dataset(plan_.dataset(name));
        PlanEvaluation evaluate = plan_.evaluate;
        add_paths("$.evaluate.", [&](Fields& f) { fields(f, evaluate); });
        for (const auto& method : plan_.methods) {
            MethodOptions own = method.own;
            add_paths("\"" + method.label + "\": ", [&](Fields& f) { method.entry->fields(f, own); });
        }
        return std::move(needs_);
    }

private:
    /// Adds the paths among the fields; tells whether all are there.
    bool add_paths(const std::string& where, const std::function<void(Fields&)>& fields) {
        bool all = true;
        each_path(fields, [&](const std::string& key, const std::string& path) {
            Need need{where + key, path, fs::exists(path) ? "" : "missing"};
            for (const auto& variable : unset_)
                if (variable.text == path) need.fault = variable.name + " is not set";
            all = all && need.fault.empty();
            needs_.files.push_back(std::move(need));
        });
        return all;
    }

    void add_dataset(const PlanDataset& dataset) {
        DatasetFacts facts;
        facts.name = dataset.name;
        facts.image_size = dataset.import.size;
        const std::string key = "$.datasets." + dataset.name;
        const fs::path file =
            dataset.prepared.empty() && results_.empty() ? fs::path() : Artifacts(results_).prepared(dataset);
        try {
            if (fs::exists(file))
                read_prepared(facts, file);
            else if (!dataset.prepared.empty())
                needs_.files.push_back({key + ".file", file.string(), "missing"});
            else
                add_import(facts, dataset.import, key);
        } catch (const UserError& error) {
            needs_.files.push_back({key, "", error.what()});
        }
        if (facts.images == 0 && dataset.prepared.empty()) assume(facts, dataset.import);
        needs_.datasets.push_back(facts);
    }

    void add_import(DatasetFacts& facts, ImportOptions options, const std::string& key) {
        if (importer_entry(options.importer).makes_root) return;
        const bool all = add_paths(key + ".", [&](Fields& f) { fields(f, options); });
        if (all) read_tables(facts, options);
    }

    const Plan& plan_;
    const std::vector<UnsetVariable>& unset_;
    const fs::path results_;
    Needs needs_;
};

} // namespace

Needs needs_of(const Plan& plan, const std::vector<UnsetVariable>& unset, const fs::path& results) {
    return Collector(plan, unset, results).needs();
}

} // namespace mlvicx
