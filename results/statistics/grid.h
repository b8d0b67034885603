#pragma once

#include "results/metrics/metrics.h"
#include "results/statistics/bootstrap.h"
#include "results/statistics/groups.h"
#include "results/store/store.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// One metric of a cell: the mean over classes (or masks) for each evaluation, and the mean of these.
struct Figure {
    std::vector<double> values;     ///< one per evaluation that has one, in 0..1
    Summary value;                  ///< of `values`
    std::int64_t least_defined = 0; ///< smallest number of defined classes among them
    /// value.mean in each resample of the patients, the same resamples for all figures of one image_set; empty if an
    /// evaluation has no scores or was scored on other images than another.
    Replicates replicates;
    std::optional<Interval> interval; ///< 95 %, for value.mean: other patients, same trained models
};

/// One class (or mask): mean over the evaluations, in the order of metrics_of.
struct ClassFigures {
    std::string name;
    std::int64_t positives = 0, negatives = 0; ///< test images with and without it
    std::vector<std::optional<double>> values;
    std::vector<std::optional<Interval>> intervals;
};

/// One method under one protocol on one dataset at one fraction, over the evaluations of the plan: one per seed, or one
/// per pair of a seed and a draw of the label subset.
struct GridCell {
    double fraction = 0;        ///< up to 1: fraction of the labelled images; above: number of images
    double train_images = 0;    ///< mean number of labelled images; 0 if no evaluation is done
    std::int64_t planned = 0;   ///< evaluations in the plan
    std::int64_t seeds = 0;     ///< number of different seeds
    std::int64_t draws = 0;     ///< number of different draws; 0: the seed draws the label subset
    std::int64_t failed = 0;    ///< failed evaluations
    std::int64_t undefined = 0; ///< done, but without a value of the first metric
    std::int64_t left_out = 0;  ///< done, but the pre-training collapsed or diverged
    bool not_learned = false;   ///< at least one of `runs` uses a pre-training that has not learned
    Stamps stamps;              ///< of any of `runs`
    struct Run {
        std::string hash;
        std::int64_t seed = 0;
        std::optional<std::int64_t> draw;
    };
    std::vector<Run> runs;             ///< the evaluations behind the figures
    std::vector<Figure> figures;       ///< in the order of metrics_of; never empty
    std::vector<ClassFigures> classes; ///< of the runs

    std::int64_t image_set = 0; ///< id of the test images in the file; 0: none, or not the same for all runs
    std::int64_t test_images = 0, test_patients = 0;

    const Figure& main() const { return figures.front(); }
};

/// One row of the grid: a method under one protocol on one dataset, over all fractions.
struct GridRow : TableKey {
    std::string method;
    Task task = Task::classification;
    bool control = false;        ///< its encoders keep their initial weights
    std::vector<GridCell> cells; ///< in FractionOrder
    /// A control that shows what a figure is without images or without labels: shown, but not compared with the
    /// methods.
    bool apart = false;
};

/// The metrics of a task's figures by their names in the results file. An evaluation without a value of the first
/// counts as undefined.
const std::vector<std::string>& metrics_of(Task task);

/// The grid of one experiment and task (empty name: the experiment used last; if a plan was changed, its registration
/// used last), in the plan's order of datasets, protocols and methods. Evaluations on a pre-training that collapsed or
/// diverged are left out and counted, unless `all`. Throws UserError if the name is unknown or the file has no
/// experiment.
std::vector<GridRow> grid(Store& store, const std::string& experiment = {}, bool all = false,
                          Task task = Task::classification);

/// The rows that are compared with each other: all but those apart.
std::vector<GridRow> compared_rows(const std::vector<GridRow>& rows);

/// Fills in figures and classes from the metric tables of each evaluation.
void add_figures(const std::vector<std::vector<MetricTable>>& evaluations, Task task, GridCell& cell);

/// For each seed of a cell the mean AUC over its draws, seeds ascending.
std::vector<double> seed_means(const GridCell& cell);

/// "5 %" or "50 images".
std::string fraction_label(double fraction);

} // namespace mlvicx
