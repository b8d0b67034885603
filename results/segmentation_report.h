#pragma once

#include "results/comparison.h"
#include "results/report.h"
#include "results/segmentation.h"

#include <array>
#include <string>
#include <vector>

namespace mlvicx {

// The figures of segmentation protocols, made of the pixel counts in a results file.

/// One of overlap_metrics: mean over masks and evaluations.
struct OverlapFigure {
    Summary value;                  ///< of the evaluations' means over masks, those that are defined
    std::int64_t least_defined = 0; ///< fewest defined masks among them
    Replicates replicates;          ///< as GridCell's; empty where they were tested on different films
    std::optional<Interval> interval;
};

/// One mask, mean over evaluations.
struct MaskFigures {
    std::string name;
    std::int64_t positives = 0, negatives = 0; ///< test films whose mask is not, or is, empty
    std::array<std::optional<double>, overlap_metrics.size()> values;
    std::array<std::optional<Interval>, overlap_metrics.size()> intervals;
};

/// One method under one protocol on one dataset at one fraction, over its evaluations: one for each seed, or for each
/// seed and draw of the label subset.
struct SegmentationCell {
    double fraction = 0;
    std::int64_t planned = 0, failed = 0;
    std::int64_t left_out = 0;       ///< done, but the pre-training collapsed or diverged
    bool not_learned = false;        ///< at least one of the others rests on a pre-training that has not learned
    std::vector<std::string> hashes; ///< of the others that are done
    double train_films = 0;          ///< mean over these
    std::int64_t film_set = 0;       ///< 0: none, or different ones
    std::int64_t test_films = 0, test_patients = 0;
    std::array<OverlapFigure, overlap_metrics.size()> figures; ///< in the order of overlap_metrics
    std::vector<MaskFigures> masks;                            ///< empty where film_set is 0
};

struct SegmentationRow {
    std::string dataset, protocol, method;
    std::vector<SegmentationCell> cells; ///< numbers of films first, then shares, each ascending
};

/// Two methods at one dataset, protocol and fraction on the same test films.
struct SegmentationPair {
    std::string dataset, protocol;
    double fraction = 0;
    std::string a, b;
    std::int64_t runs_a = 0, runs_b = 0, films = 0, patients = 0;
    /// a - b, paired bootstrap over patients; nullopt where one of them is undefined.
    std::array<std::optional<Difference>, overlap_metrics.size()> differences;
    /// p values corrected over the pairs of this dataset, protocol, fraction and metric.
    std::array<std::optional<double>, overlap_metrics.size()> holm;
};

struct SegmentationReport {
    std::vector<SegmentationRow> rows; ///< in the plan's order of datasets, protocols and methods
    std::vector<SegmentationPair> pairs;
};

/// "segmentation_frozen" or "segmentation_finetuned".
bool is_segmentation(const std::string& protocol);

/// Of one experiment, as grid(). Without rows where it has no segmentation.
SegmentationReport segmentation_report(Store& store, const std::string& experiment = {}, bool all = false);
/// All pairs of methods, a before b in the order of the rows.
std::vector<SegmentationPair> segmentation_pairs(const std::vector<SegmentationRow>& rows);

/// For the terminal: Dice in its three conventions, in percent. Empty without rows, as the following.
std::string segmentation_text(const SegmentationReport& report);
/// Dice and IoU, mask by mask, and pairs.
std::string segmentation_markdown(const SegmentationReport& report);
/// One line per (dataset, protocol, method, fraction, metric, mask); the mask of the mean over masks is empty.
std::string segmentation_csv(const SegmentationReport& report);
/// One line per pair and metric.
std::string segmentation_pairs_csv(const SegmentationReport& report);

} // namespace mlvicx
