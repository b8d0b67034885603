#pragma once

#include "results/statistics/grid.h"
#include "results/statistics/groups.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// One experiment of a results file.
struct Compared {
    Store& store;
    std::string experiment; ///< as for Store::find_experiment
};

/// A cell of the grid in two files: mean AUC (of masks: Dice) over classes and seeds, in 0..1.
struct FigureChange : TableKey {
    enum class Verdict {
        same,     ///< no difference beyond chance
        better,   ///< B above A beyond chance
        worse,    ///< B below A beyond chance
        lost,     ///< A has the figure; in B its evaluations failed, are undefined, or their pre-training collapsed
        untested, ///< a difference without an interval: no scores, or one patient
        only_a,   ///< B has no such cell, or has not finished it
        only_b,
    };
    std::string method, metric;
    double fraction = 0;
    std::optional<double> a, b;
    std::int64_t runs_a = 0, runs_b = 0; ///< evaluations
    bool paired = false;                 ///< tested on the same images with the same labels
    std::optional<Interval> interval;    ///< 95 % of b - a, over patients
    std::optional<double> p, holm;       ///< two-sided; corrected over all compared figures
    std::optional<double> seed_error;    ///< standard error of b - a over seeds; with two runs or more on both sides
    Verdict verdict = Verdict::same;
};

struct Comparison {
    std::vector<std::string> settings; ///< "$.pretrain.epochs: 100 -> 300" of the plans, then of the jobs
    std::vector<std::string> versions; ///< "LibTorch: 1.13.0 -> 2.6.0"
    std::vector<std::string> data;     ///< "nih: fingerprint 4d7a04ff -> 91be7c02"
    std::int64_t jobs_a = 0, jobs_b = 0, done_a = 0, done_b = 0;
    std::int64_t same_jobs = 0; ///< finished in both, with the same hash
    /// Of these, those with equal and those with other digests of scores or pixel counts; the rest has none.
    std::int64_t same_scores = 0, other_scores = 0;
    std::vector<FigureChange> figures;
    double margin = 0;

    bool worse() const;
};

/// Compares B with A. A figure is worse if the 95 % interval of its difference over patients is below -`margin` (0..1)
/// and p, corrected by Holm over all figures that both files have, is below 0.05; or if A has it and B lost it. On the
/// same test images the bootstrap is paired; otherwise the variances add up and the interval is normal. Chance means
/// other patients for the models as trained: whether other seeds would differ is for `seed_error` and `margin`. Throws
/// UserError for an unknown experiment, and if a figure is not what its scores give (require_figures).
Comparison compare_results(const Compared& a, const Compared& b, double margin = 0);

/// The settings, versions and data of compare_results.
void compare_settings(const Compared& a, const Compared& b, Comparison& result);

/// For the terminal, 80 columns.
std::string comparison_text(const Comparison& comparison);

} // namespace mlvicx
