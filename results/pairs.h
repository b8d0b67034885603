#pragma once

#include "results/comparison.h"
#include "results/report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// The AUCs of one class, mean over seeds, of two methods on the same films.
struct ClassPair {
    std::string name;
    double auc_a = 0, auc_b = 0;
    std::optional<double> error;   ///< standard error of auc_a - auc_b: DeLong's, by patient (Obuchowski 1997)
    std::optional<double> p, holm; ///< two-sided, normal; corrected over the classes of the pair
};

/// Two methods of one dataset, protocol and fraction that were tested on the same films.
struct MethodPair {
    std::string dataset, protocol;
    double fraction = 0;
    std::string a, b;
    std::int64_t seeds_a = 0, seeds_b = 0, films = 0, patients = 0; ///< seeds: with draws, their pairs
    bool draws = false;                                             ///< label subsets have draws of their own
    double auc_a = 0, auc_b = 0;                                    ///< mean over classes and evaluations
    Difference difference;                                          ///< of these: paired bootstrap over patients
    std::optional<double> holm;     ///< difference.p corrected over the pairs of this dataset, protocol and fraction
    std::vector<ClassPair> classes; ///< those with an AUC
};

/// All pairs of methods, a before b in the order of the rows.
std::vector<MethodPair> method_pairs(Store& store, const std::vector<GridRow>& rows);

/// "+1.2 (+0.4 to +2.0), p = 0.031": in points, with the corrected p value.
std::string difference_text(const Difference& difference, std::optional<double> holm);
/// A table for each dataset and protocol: a row per pair, a column per fraction. Empty without pairs.
std::string pairs_markdown(const std::vector<MethodPair>& pairs);
/// One line per pair and class; the class of the mean over classes is empty.
std::string pairs_csv(const std::vector<MethodPair>& pairs);

} // namespace mlvicx
