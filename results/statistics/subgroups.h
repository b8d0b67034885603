#pragma once

#include "results/statistics/grid.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// The subgroup of an attribute among some images: the others' labels are -1 (unknown), so any figure of labels is one
/// of the subgroup.
struct Subgroup {
    std::string attribute, group; ///< "sex", "female"
    std::int64_t images = 0, patients = 0;
    std::vector<std::int8_t> labels; ///< [images, classes]
};

/// The subgroups of each attribute that divides the images into at least two.
std::vector<Subgroup> subgroups_of(const ScoredImages& images);

/// The AUC of each class in each subgroup, under the metric "auc/sex=female" and so on, as `metrics` stores them.
/// `scores` [images, classes].
std::vector<MetricTable> subgroup_metrics(const ScoredImages& images, std::span<const float> scores);

/// The AUC of a class in a subgroup, or the unweighted mean over the classes that are defined there.
struct SubgroupAuc {
    std::string class_name;                           ///< empty: the mean over classes
    std::int64_t defined = 0;                         ///< number of classes behind it
    std::optional<std::int64_t> positives, negatives; ///< images of the subgroup with and without the class
    std::optional<double> value;      ///< mean over the evaluations; nullopt: no positive or no negative
    std::optional<Interval> interval; ///< 95 %, over patients; nullopt with fewer than two patients
};

struct SubgroupFigures {
    std::string group;
    std::int64_t images = 0, patients = 0;
    std::vector<SubgroupAuc> aucs; ///< the mean over classes, then each class
};

/// A subgroup of fewer patients has its own AUC, but no part in gaps: of many small groups, one is far off by chance.
constexpr std::int64_t fewest_patients_of_gap = 20;

/// The two subgroups of an attribute whose AUCs are furthest apart, over the classes that both define, of those with
/// fewest_patients_of_gap or more. If some pairs have an interval, only those count. The interval is that of the pair,
/// resampled together; that the pair was chosen as the largest of several is not corrected for.
struct SubgroupGap {
    std::string class_name;    ///< empty: the mean over the classes that both define
    std::string higher, lower; ///< their groups
    std::int64_t defined = 0;
    double value = 0; ///< 0 or more
    std::optional<Interval> interval;
};

struct AttributeFigures {
    std::string attribute;
    std::int64_t unknown = 0; ///< images
    std::vector<SubgroupFigures> groups;
    std::vector<SubgroupGap> gaps; ///< of the mean over classes, then of each class that has one
};

/// A method under one protocol at its largest fraction with a finished evaluation.
struct SubgroupRow : TableKey {
    std::string method;
    double fraction = 0;
    std::int64_t evaluations = 0; ///< number of seeds and draws that the AUCs are means over
    std::int64_t image_set = 0, images = 0, patients = 0, classes = 0;
    std::vector<AttributeFigures> attributes;
};

/// For the grid's rows whose test images have attributes, in the grid's order. Resamples each image set once. A row
/// takes about as long as three of its cells in add_intervals, one for each attribute.
std::vector<SubgroupRow> subgroups(Store& store, const std::vector<GridRow>& rows);

} // namespace mlvicx
