#pragma once

#include "experiments/evaluation/heatmaps.h"
#include "experiments/protocol_table.h"

#include <any>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// The "evaluate" part of a plan.
struct PlanEvaluation {
    PlanEvaluation(); ///< each protocol starts with its own defaults

    std::vector<std::string> datasets;   ///< empty: the pre-training dataset
    std::vector<double> fractions = {1}; ///< label fractions; above 1: numbers of labelled images
    std::vector<std::int64_t> draws; ///< seeds for drawing label subsets, each used with every seed; empty: the seed
    std::vector<std::string> protocols = {"frozen", "finetuned"};
    std::int64_t image_size = 224;             ///< side of the encoder's input, pixels
    std::string precision = "auto";            ///< of frozen features
    std::string features = "backbone+context"; ///< or backbone: without MLVICX's context bottlenecks
    std::string subsets; ///< file of label subsets (datasets/subset_file.h) to train on; empty: drawn
    /// Plain lists of images to train on, by label fraction or count as text; not with `subsets`.
    std::map<std::string, std::string> subset_lists;
    /// Classes that count, of every evaluated dataset; "all": those of the dataset; "No Finding" is derived from them
    /// if the dataset has no such class (counted_classes.h). Empty: all.
    std::vector<std::string> classes;
    /// Which images checkpoint, regularisation or k are chosen on: validation, or test_as_published, which every figure
    /// says.
    std::string selection = "validation";
    HeatmapOptions heatmaps; ///< if on, heatmaps are scored against the boxes of test images
    bool pictures = true;    ///< some jobs store small figures, see draws_pictures; part of no hash
    std::map<std::string, std::any> protocol_options;              ///< by ProtocolEntry::key
    std::map<std::string, std::vector<std::string>> only_datasets; ///< for segmentation, by key; empty: all datasets

    /// A protocol's options. `Options` is its own type.
    template <typename Options> Options& of(const std::string& protocol) {
        return std::any_cast<Options&>(protocol_options.at(protocol_entry(protocol).key));
    }
    template <typename Options> const Options& of(const std::string& protocol) const {
        return std::any_cast<const Options&>(protocol_options.at(protocol_entry(protocol).key));
    }
    /// The draws for this label fraction. At fraction 1 all draws are the same, so there is one evaluation per seed,
    /// without a draw, as in a plan without draws (imported subsets: with the first draw).
    std::vector<std::optional<std::int64_t>> draws_of(double fraction) const;
    bool selects_on_test() const { return selection == "test_as_published"; }
    /// `subset_lists` with their numbers. Throws UserError beginning with `where` for a key that is no label fraction
    /// or count, or the same as another.
    std::map<double, std::filesystem::path> lists_by_fraction(const std::string& where) const;
    /// Whether an evaluation with this label fraction and draw stores pictures: with the most labels, on the first
    /// draw.
    bool draws_pictures(double fraction, std::optional<std::int64_t> draw) const;
    /// Whether this protocol is evaluated on this dataset; `only_datasets` may exclude some.
    bool takes(const std::string& protocol, const std::string& dataset) const;
};
/// Keys: image_size, features; a method's entry in a plan may have its own.
void input_fields(Fields& f, std::int64_t& image_size, std::string& features);
/// Keys: datasets, fractions, draws, protocols, image_size, precision, features, subsets (a file, or lists by label
/// fraction), classes, selection, pictures, heatmaps (true, false or {...}), and {...} for each protocol; for
/// segmentation it includes `datasets`.
void fields(Fields& f, PlanEvaluation& options);

} // namespace mlvicx
