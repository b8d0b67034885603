#pragma once

#include "experiments/evaluation/heatmaps.h"
#include "experiments/protocol_table.h"

#include <any>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// The "evaluate" part of a plan.
struct PlanEvaluation {
    PlanEvaluation(); ///< each protocol with its own defaults

    std::vector<std::string> datasets;   ///< empty: the one that is pre-trained on
    std::vector<double> fractions = {1}; ///< up to 1: shares; above: numbers of images
    std::vector<std::int64_t> draws; ///< numbers that label subsets are drawn by, each for every seed; empty: the seed
    std::vector<std::string> protocols = {"frozen", "finetuned"};
    std::int64_t image_size = 224;             ///< pixels that the encoder sees
    std::string precision = "auto";            ///< of frozen features
    std::string features = "backbone+context"; ///< or backbone: without MLVICX's context bottlenecks
    std::string subsets;     ///< file of label subsets (datasets/subset_file.h) to train on; empty: drawn
    HeatmapOptions heatmaps; ///< where on, heatmaps are scored against the boxes of test images
    std::map<std::string, std::any> protocol_options;              ///< by ProtocolEntry::key
    std::map<std::string, std::vector<std::string>> only_datasets; ///< of segmentation, by key; empty: all datasets

    /// A protocol's options. `Options` is its own type.
    template <typename Options> Options& of(const std::string& protocol) {
        return std::any_cast<Options&>(protocol_options.at(protocol_entry(protocol).key));
    }
    template <typename Options> const Options& of(const std::string& protocol) const {
        return std::any_cast<const Options&>(protocol_options.at(protocol_entry(protocol).key));
    }
    /// The draws of this amount. All images are the same in every draw: one evaluation a seed, without a draw, as in a
    /// plan without draws (imported: by the first draw).
    std::vector<std::optional<std::int64_t>> draws_of(double amount) const;
    /// Whether this protocol is evaluated on this dataset: `only_datasets` may leave some out.
    bool takes(const std::string& protocol, const std::string& dataset) const;
};
/// Keys: datasets, fractions, draws, protocols, image_size, precision, features, subsets, heatmaps (true, false or
/// {...}), and {...} for each protocol, of segmentation with `datasets`.
void fields(Fields& f, PlanEvaluation& options);

} // namespace mlvicx
