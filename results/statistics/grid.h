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

/// One metric of a cell: of each evaluation the mean over classes (or masks), of these the mean.
struct Figure {
    std::vector<double> values;     ///< of the evaluations that have one, in 0..1
    Summary value;                  ///< of these
    std::int64_t least_defined = 0; ///< fewest defined classes among them
    /// value.mean in each resample of the patients, the same for all figures of one image_set; empty where there are no
    /// scores, or of other images than another evaluation's.
    Replicates replicates;
    std::optional<Interval> interval; ///< 95 %, of value.mean: other patients, the same trained models
};

/// One class (or mask), mean over the evaluations, in the order of metrics_of.
struct ClassFigures {
    std::string name;
    std::int64_t positives = 0, negatives = 0; ///< test images that have it, and that have not
    std::vector<std::optional<double>> values;
    std::vector<std::optional<Interval>> intervals;
};

/// One method under one protocol on one dataset at one fraction, over the evaluations of the plan: one for each seed,
/// or for each pair of a seed and a draw of the label subset.
struct GridCell {
    double fraction = 0;        ///< up to 1: share of the labelled images; above: number of images
    double train_images = 0;    ///< mean number of labelled images; 0 where no evaluation is done
    std::int64_t planned = 0;   ///< evaluations in the plan
    std::int64_t seeds = 0;     ///< different ones among them
    std::int64_t draws = 0;     ///< different ones among them; 0: the label subset is drawn by the seed
    std::int64_t failed = 0;    ///< of the planned
    std::int64_t undefined = 0; ///< done, but without a value of the first metric
    std::int64_t left_out = 0;  ///< done, but the pre-training collapsed or diverged
    bool not_learned = false;   ///< at least one of `runs` rests on a pre-training that has not learned
    struct Run {
        std::string hash;
        std::int64_t seed = 0;
        std::optional<std::int64_t> draw;
    };
    std::vector<Run> runs;             ///< the evaluations that the figures are of
    std::vector<Figure> figures;       ///< in the order of metrics_of; never empty
    std::vector<ClassFigures> classes; ///< of the runs

    std::int64_t image_set = 0; ///< of the test images, in the file; 0: there is none, or not the same for all runs
    std::int64_t test_images = 0, test_patients = 0;

    const Figure& main() const { return figures.front(); }
};

/// One row of the grid: a method under one protocol on one dataset, over fractions.
struct GridRow : TableKey {
    std::string method;
    Task task = Task::classification;
    bool control = false;        ///< its encoders have initial weights
    std::vector<GridCell> cells; ///< in FractionOrder
};

/// The metrics of a task's figures under their names in the results file. The first decides whether an evaluation has
/// anything to show.
const std::vector<std::string>& metrics_of(Task task);

/// The grid of one experiment and task (name empty: the one used last; of a plan that was changed, the registration
/// used last), in the plan's order of datasets, protocols and methods. Evaluations that rest on a pre-training that
/// collapsed or diverged are left out and counted, unless `all`. Throws UserError where the name is unknown or nothing
/// is there.
std::vector<GridRow> grid(Store& store, const std::string& experiment = {}, bool all = false,
                          Task task = Task::classification);

/// Fills in figures and classes from the tables of each evaluation.
void add_figures(const std::vector<std::vector<MetricTable>>& evaluations, Task task, GridCell& cell);

/// The mean AUC over its draws for each seed of a cell, seeds ascending.
std::vector<double> seed_means(const GridCell& cell);

/// "5 %" or "50 images".
std::string fraction_label(double fraction);

} // namespace mlvicx
