#pragma once

#include "datasets/prepared.h"
#include "datasets/subset_file.h"
#include "experiments/plan.h"
#include "results/store.h"

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace mlvicx {

/// A prepared dataset with tensors over its mapped bytes, which live as long as `prepared`.
struct OpenDataset {
    std::shared_ptr<const PreparedDataset> prepared;
    torch::Tensor films;  ///< u8 [N, S, S]
    torch::Tensor labels; ///< i8 [N, C]
    torch::Tensor masks;  ///< u8 [N, M, S, S]; undefined where the dataset has none
    /// Films and masks move to a GPU's memory where they fit (films_on).
    void move_to(const torch::Device& device);
    const std::string& fingerprint() const { return prepared->fingerprint(); }

    // What a run finds out about it.
    std::map<std::pair<double, std::int64_t>, ImportedSubset> subsets; ///< by amount and draw; empty: drawn
    std::vector<std::int64_t> left_out; ///< training films that pre-training does without, ascending
    std::optional<Leakage> leakage;     ///< of its test films; `in_pretraining` for what the plan pre-trains
};
OpenDataset open_dataset(const std::filesystem::path& file);

/// Checks every byte of a prepared file against its fingerprint, once in a process; before work that rests on it. At 1
/// to 2 GB/s a core. Throws UserError where it was changed or is damaged.
void verify_content(const OpenDataset& data);

/// Where everything but figures is kept, beside the results file: RESULTS.artifacts/.
struct Artifacts {
    std::filesystem::path root;
    explicit Artifacts(const std::filesystem::path& results);
    std::filesystem::path encoder(const std::string& hash) const { return file("encoders", hash); }
    std::filesystem::path checkpoint(const std::string& hash) const { return file("checkpoints", hash); }
    std::filesystem::path features(const std::string& id) const { return file("features", id); }
    /// The audit of two prepared datasets, by their fingerprints.
    std::filesystem::path audit(const std::string& first, const std::string& second) const {
        return root / "audits" / (first.substr(0, 16) + "-" + second.substr(0, 16) + ".json");
    }
    /// The prepared file of a plan's dataset: named by its import options, so that another size is another file.
    std::filesystem::path prepared(const PlanDataset& dataset) const;

private:
    std::filesystem::path file(const char* folder, const std::string& name) const {
        return root / folder / (name + ".safetensors");
    }
};

/// How the sources of a prepared dataset have changed since (changed_sources; of a file that the plan names
/// changed_tables); empty: they have not.
std::string changed_since_prepared(const PlanDataset& dataset, const Artifacts& artifacts);

/// Opens a plan's dataset, preparing it first where that has not been done or its sources have changed since (which is
/// said; not looked at where `trust_prepared`). What would make the plan's cells fail is an error before any pixel is
/// decoded: an empty split, no class with positives and negatives in the test split (where classes are evaluated), no
/// masks (where they are), more labelled films asked for than there are, a batch larger than the training split. Throws
/// UserError.
OpenDataset ready_dataset(const Plan& plan, const PlanDataset& dataset, const Artifacts& artifacts,
                          bool trust_prepared = false);

} // namespace mlvicx
