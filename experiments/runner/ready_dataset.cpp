#include "experiments/runner/ready_dataset.h"

#include "core/error.h"
#include "core/file_lock.h"
#include "core/progress.h"
#include "datasets/decode/notes.h"
#include "datasets/importers/importer_table.h"
#include "datasets/source_record.h"
#include "datasets/subset.h"

#include <algorithm>
#include <array>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// What the checks look at; from a table of images or from a prepared file.
struct Counts {
    std::array<std::int64_t, 3> images{};           ///< per split
    std::vector<std::int64_t> positives, negatives; ///< per class, in the test split
    std::size_t masks = 0;                          ///< kinds of masks

    void add(Split split, std::span<const std::int8_t> labels) {
        positives.resize(labels.size());
        negatives.resize(labels.size());
        ++images[static_cast<std::size_t>(split)];
        if (split != Split::test) return;
        for (std::size_t c = 0; c < labels.size(); ++c) {
            positives[c] += labels[c] == 1;
            negatives[c] += labels[c] == 0;
        }
    }
};

Counts counts_of(const DatasetIndex& index) {
    Counts counts;
    for (const auto& image : index.images) counts.add(image.split, image.labels);
    counts.masks = index.mask_names.size();
    return counts;
}

Counts counts_of(const PreparedDataset& dataset) {
    Counts counts;
    for (std::int64_t i = 0; i < dataset.size(); ++i) counts.add(dataset.split(i), dataset.labels(i));
    counts.masks = dataset.mask_names().size();
    return counts;
}

void require_usable(const Plan& plan, const std::string& name, const Counts& counts) {
    const std::string where = fmt::format("{}: dataset \"{}\"", plan.file.string(), name);
    const std::int64_t train = counts.images[0];
    if (train == 0) user_error("{}: its training split is empty", where);
    if (plan.pretrain_datasets == std::vector{name}) // several: require_batches
        for (const auto& method : plan.methods) {
            if (!method.entry->trains) continue;
            const auto [batch, amount] = std::pair(method.pretrain.batch_size, method.pretrain.images);
            const auto taken = amount == 0 ? train : images_wanted(amount, train);
            if (taken > train)
                user_error("{}: {} pre-trains on {} images, but the training split has {}", where, method.label, taken,
                           train);
            if (batch > taken && taken < train)
                user_error("{}: {} trains with batches of {} images, but takes {} of the {} in the training split",
                           where, method.label, batch, taken, train);
            if (batch > taken)
                user_error("{}: {} trains with batches of {} images, but the training split has {}", where,
                           method.label, batch, train);
        }
    const auto& evaluated = plan.evaluate.datasets;
    if (std::find(evaluated.begin(), evaluated.end(), name) == evaluated.end()) return;
    for (const Split split : {Split::validation, Split::test})
        if (counts.images[static_cast<std::size_t>(split)] == 0 &&
            (split == Split::test || !plan.evaluate.selects_on_test()))
            user_error("{}: its {} split is empty", where, name_of(split));
    for (const double fraction : plan.evaluate.fractions)
        if (fraction > 1 && fraction > static_cast<double>(train))
            user_error("{}: $.evaluate.fractions asks for {} labelled images, but the training split has {}", where,
                       fraction, train);
    bool classifies = false;
    for (const auto& protocol : plan.evaluate.protocols) {
        const auto& entry = protocol_entry(protocol);
        if (!entry.procedure.is_segmentation())
            classifies = true;
        else if (counts.masks == 0 && plan.evaluate.takes(protocol, name))
            user_error("{}: has no masks, which the protocol {} needs; $.evaluate.{}.datasets can name "
                       "the datasets that have masks",
                       where, protocol, entry.key);
    }
    bool defined = !classifies;
    for (std::size_t c = 0; c < counts.positives.size(); ++c)
        defined = defined || (counts.positives[c] > 0 && counts.negatives[c] > 0);
    if (!defined)
        user_error("{}: no class has both positive and negative images in the test split of {} images, so no AUC is "
                   "defined (another split may help)",
                   where, counts.images[2]);
}

/// Removes folders that were created in vain; non-empty ones stay.
void remove_empty(const Artifacts& artifacts) {
    std::error_code ignored;
    for (const char* folder : {"prepared", "phantom"}) fs::remove(artifacts.root / folder, ignored);
    fs::remove(artifacts.root, ignored);
}

/// Import options as in the plan; a phantom without its own root is stored with the artifacts.
ImportOptions import_options(const PlanDataset& dataset, const Artifacts& artifacts) {
    ImportOptions options = dataset.import;
    if (importer_entry(options.importer).makes_root && options.root.empty())
        options.root = (artifacts.root / "phantom" / artifacts.prepared(dataset).stem()).string();
    return options;
}

void prepare_into(const Plan& plan, const PlanDataset& dataset, const Artifacts& artifacts, const fs::path& file) {
    const ImportOptions options = import_options(dataset, artifacts);
    say("preparing dataset \"{}\"", dataset.name);
    DatasetIndex index = import_dataset(options);
    require_usable(plan, dataset.name, counts_of(index));
    const PrepareReport report = prepare(std::move(index), prepare_options(options), file);
    say_notes(report.notes);
    for (const auto& bad : report.bad) say("left out: {}", bad);
    say("dataset \"{}\": {} images in {}", dataset.name, report.images, duration_text(report.seconds));
}

void prepare_again(const Plan& plan, const PlanDataset& dataset, const Artifacts& artifacts, const fs::path& file,
                   const std::string& why) {
    say("dataset \"{}\": {} since it was prepared: preparing it again", dataset.name, why);
    const std::string before = PreparedDataset(file).fingerprint();
    prepare_into(plan, dataset, artifacts, file);
    if (PreparedDataset(file).fingerprint() == before)
        say("dataset \"{}\": its content is the same, so its results stay valid", dataset.name);
    else
        say("dataset \"{}\": its content has changed; earlier results stay under the fingerprint {}", dataset.name,
            before.substr(0, 16));
}

} // namespace

OpenDataset open_for(const Plan& plan, const PlanDataset& dataset, const fs::path& file) {
    try {
        return open_dataset(file);
    } catch (const UserError& error) {
        if (dataset.prepared.empty()) throw;
        user_error("{}: $.datasets.{}.file: {}", plan.file.string(), dataset.name, error.what());
    }
}

std::string changed_since_prepared(const PlanDataset& dataset, const Artifacts& artifacts) {
    const PreparedDataset prepared(artifacts.prepared(dataset));
    if (!dataset.prepared.empty()) return changed_tables(prepared);
    return changed_sources(prepared, import_options(dataset, artifacts));
}

OpenDataset ready_dataset(const Plan& plan, const PlanDataset& dataset, const Artifacts& artifacts,
                          bool trust_prepared) {
    const fs::path file = artifacts.prepared(dataset);
    const auto changed = [&] { return trust_prepared ? std::string() : changed_since_prepared(dataset, artifacts); };
    if (!dataset.prepared.empty()) {
        const OpenDataset found = open_for(plan, dataset, file); // says which key names a file that cannot be read
        if (const auto why = changed(); !why.empty())
            say("dataset \"{}\": {} since {} was prepared, which is used as is; mlvicx-bench prepare rebuilds it",
                dataset.name, why, file.string());
    } else if (!fs::exists(file) || !changed().empty()) {
        try {
            require_writable_folder(file.parent_path());
            const FileLock lock(fs::path(file).replace_extension(".lock"));
            if (!fs::exists(file)) {
                prepare_into(plan, dataset, artifacts, file);
            } else if (const auto why = changed(); !why.empty()) { // another process may have been faster
                prepare_again(plan, dataset, artifacts, file, why);
            }
        } catch (...) {
            remove_empty(artifacts);
            throw;
        }
    }
    OpenDataset open = open_for(plan, dataset, file);
    require_usable(plan, dataset.name, counts_of(*open.prepared));
    return open;
}

} // namespace mlvicx
