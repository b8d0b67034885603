#pragma once

#include "core/json.h"
#include "datasets/import.h"
#include "experiments/heatmaps.h"
#include "experiments/method_table.h"
#include "experiments/protocol_table.h"
#include "experiments/segmentation.h"
#include "methods/pretrain.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// Original files to import, or a prepared file.
struct PlanDataset {
    std::string name;
    std::filesystem::path prepared; ///< empty: imported
    ImportOptions import;
};

struct PlanMethod {
    const MethodEntry* entry = nullptr;
    std::string label; ///< in tables; no part of any cell's identity
    MethodOptions own;
    PretrainOptions pretrain; ///< resolved; unused for controls
};

struct PlanEvaluation {
    std::vector<std::string> datasets;   ///< empty: the one that is pre-trained on
    std::vector<double> fractions = {1}; ///< up to 1: shares; above: numbers of films
    std::vector<std::int64_t> draws; ///< numbers that label subsets are drawn by, each for every seed; empty: the seed
    std::vector<std::string> protocols = {"frozen", "finetuned"};
    std::int64_t image_size = 224;             ///< pixels that the encoder sees
    std::string precision = "auto";            ///< of frozen features
    std::string features = "backbone+context"; ///< or backbone: without MLVICX's context bottlenecks
    std::string subsets; ///< file of label subsets (datasets/subset_file.h) to train on; empty: drawn
    FrozenOptions frozen;
    KnnOptions knn;
    FinetuneOptions partial = partial_options(), finetuned;
    FinetuneOptions frozen_as_released = released_options(true), finetuned_as_released = released_options(false);
    SegmentationOptions segmentation; ///< of both segmentation protocols
    HeatmapOptions heatmaps;          ///< where on, heatmaps are scored against the boxes of test films

    /// Those of a protocol that trains the encoder or a layer on it. Throws InternalError for another.
    const FinetuneOptions& training(const std::string& protocol) const;
    FinetuneOptions& training(const std::string& protocol);
    /// The draws of this amount. All films are the same in every draw: one evaluation a seed, without a draw, as in a
    /// plan without draws (imported: by the first draw).
    std::vector<std::optional<std::int64_t>> draws_of(double amount) const;
    /// Whether this protocol is evaluated on this dataset: `segmentation.datasets` may leave some out.
    bool takes(const std::string& protocol, const std::string& dataset) const;
};
/// Keys: datasets, fractions, draws, protocols, image_size, precision, features, subsets, {...} for each protocol
/// (segmentation {...} for two), and heatmaps (true, false or {...}).
void fields(Fields& f, PlanEvaluation& options);

/// An experiment as a file describes it. plans/README.md documents the keys.
struct Plan {
    std::filesystem::path file;
    json::value text; ///< as read
    std::string name, about;
    std::string encoder = "resnet18";
    std::vector<PlanDataset> datasets;
    std::string pretrain_dataset; ///< empty where only controls are evaluated
    bool exclude_overlap = false; ///< pre-training leaves out films with a copy in an evaluated dataset's test split
    bool audit = true;            ///< false: no copies of test images are looked for, and every result says so
    std::vector<PlanMethod> methods;
    PlanEvaluation evaluate;
    std::vector<std::int64_t> seeds = {0};

    /// Throws InternalError where there is none of this name.
    const PlanDataset& dataset(const std::string& dataset_name) const;
};

/// Reads and resolves a plan: struct defaults, then each method's recipe, then the plan's `pretrain` overrides, then
/// the method entry's own. Paths: `${NAME}` stands for an environment variable, relative ones begin at the plan's
/// folder; `roots` (dataset name to folder) replaces `root`. Throws UserError naming file and key for whatever is
/// wrong.
Plan read_plan(const std::filesystem::path& file, const std::map<std::string, std::string>& roots = {});

} // namespace mlvicx
