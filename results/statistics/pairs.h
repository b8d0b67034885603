#pragma once

#include "results/statistics/comparison.h"
#include "results/statistics/grid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// One metric of two methods, each a mean over classes and evaluations.
struct PairFigure {
    double a = 0, b = 0;
    Difference difference;      ///< a - b: paired bootstrap over patients
    std::optional<double> holm; ///< difference.p corrected over the pairs of this dataset, protocol and fraction
};

/// The AUCs of one class of two methods on the same images, averaged over seeds.
struct ClassPair {
    std::string name;
    double auc_a = 0, auc_b = 0;
    std::optional<double> error;   ///< standard error of auc_a - auc_b: DeLong's, by patient (Obuchowski 1997)
    std::optional<double> p, holm; ///< two-sided, normal; corrected over the classes of the pair
};

/// Two methods on one dataset, protocol and fraction that were tested on the same images.
struct MethodPair : TableKey {
    Task task = Task::classification;
    double fraction = 0;
    std::string a, b;
    std::int64_t runs_a = 0, runs_b = 0;            ///< evaluations: one per seed, or per pair of seed and draw
    std::int64_t images = 0, patients = 0;          ///< test images and their patients
    bool draws = false;                             ///< label subsets are drawn separately from the seed
    std::vector<std::optional<PairFigure>> figures; ///< in the order of metrics_of; only those with replicates
    std::vector<ClassPair> classes;                 ///< classification only: those with an AUC
};

/// All pairs of methods, a before b in the order of the rows. Rows apart have no pairs, so they do not widen the family
/// over which Holm's correction goes.
std::vector<MethodPair> method_pairs(Store& store, const std::vector<GridRow>& rows);

} // namespace mlvicx
