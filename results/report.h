#pragma once

#include "results/bootstrap.h"
#include "results/metrics.h"
#include "results/store.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// The test AUC of one class, mean over seeds.
struct ClassFigure {
    std::string name;
    std::optional<double> auc;
    std::optional<Interval> interval; ///< as GridCell's
    std::int64_t positives = 0, negatives = 0;
};

/// One method under one protocol on one dataset at one fraction, over the evaluations of the plan: one for each seed,
/// or for each pair of a seed and a draw of the label subset.
struct GridCell {
    double fraction = 0;            ///< up to 1: share of the labelled films; above: number of films
    Summary auc;                    ///< mean test AUC over the evaluations, in 0..1
    std::int64_t least_defined = 0; ///< fewest defined classes among them
    std::int64_t classes = 0;
    double train_films = 0;     ///< mean number of labelled films; 0 where no evaluation is done
    std::int64_t planned = 0;   ///< evaluations in the plan
    std::int64_t seeds = 0;     ///< different ones among them
    std::int64_t draws = 0;     ///< different ones among them; 0: the label subset is drawn by the seed
    std::int64_t failed = 0;    ///< of the planned
    std::int64_t undefined = 0; ///< done, but no class has both positives and negatives
    std::int64_t left_out = 0;  ///< done, but the pre-training collapsed or diverged
    bool not_learned = false;   ///< of those in `auc`, at least one rests on a pre-training that has not learned
    struct Run {
        std::int64_t seed = 0;
        std::optional<std::int64_t> draw;
    };
    std::vector<Run> runs;           ///< the evaluations that are in `auc`
    std::vector<std::string> hashes; ///< of these, the cells
    std::vector<double> values;      ///< of these, the mean test AUC

    // From the scores of the test films; empty where those of a seed are missing or of other films than another seed's.
    std::int64_t film_set = 0; ///< its id in the file; 0: none
    std::int64_t test_films = 0, test_patients = 0;
    Replicates replicates; ///< auc.mean in each resample of the patients; the same for all with this film_set
    std::optional<Interval> interval; ///< 95 %, of auc.mean: other patients, the same trained models
    std::vector<ClassFigure> classes_auc;
};

/// One row of the grid: a method under one protocol on one dataset, over fractions.
struct GridRow {
    std::string dataset, protocol, method;
    std::vector<GridCell> cells; ///< numbers of films first, then shares, each ascending
};

/// The grid of one experiment, segmentation aside (name empty: the one used last; of a plan that was changed, the
/// registration used last), in the plan's order of datasets, protocols and methods. Evaluations that rest on a
/// pre-training that collapsed or diverged are left out and counted, unless `all`. Throws UserError where the name is
/// unknown or nothing is there.
std::vector<GridRow> grid(Store& store, const std::string& experiment = {}, bool all = false);

/// The mean over its draws for each seed of a cell, seeds ascending.
std::vector<double> seed_means(const GridCell& cell);

/// For the terminal: AUC in percent, mean ± standard deviation over seeds, or over seeds and draws; columns aligned;
/// signs explained where used.
std::string grid_text(const std::vector<GridRow>& rows);
std::string grid_markdown(const std::vector<GridRow>& rows);
/// One line per (dataset, protocol, method, fraction), full precision, AUC in 0..1, empty where there is no value.
std::string grid_csv(const std::vector<GridRow>& rows);

/// "mlvicx - random = +3.1 points" per method at the largest fraction, frozen: printed as it is, whatever it says.
std::string gap_text(const std::vector<GridRow>& rows);

/// Test films that were known before the test, a line for each dataset and reason: "nih: 12 of 400 test films were seen
/// in pre-training (mlvicx, byol)". Lines without a leak only where `all`. A line for each dataset whose run left the
/// audit out. Empty otherwise.
std::string leakage_text(Store& store, const std::string& experiment = {}, bool all = false);

/// Pre-trainings that are not healthy, or `all` that were judged, a line each: "byol seed 0: partly collapsed
/// (effective rank 11.8, ...)".
std::string health_text(Store& store, const std::string& experiment = {}, bool all = false);

/// Over all tasks (dataset, protocol, fraction) that every method has: interquartile mean of the test AUC over tasks
/// and seeds, and the probability of improvement over "random", with intervals over seeds. Empty where no task has two
/// seeds: there would be no interval. A seed's AUC is the mean over its draws.
std::string aggregates_markdown(const std::vector<GridRow>& rows);

/// One line per (dataset, protocol, method, fraction, class): mean AUC over seeds with its interval.
std::string classes_csv(const std::vector<GridRow>& rows);

struct MethodPair;         // results/pairs.h
struct SegmentationReport; // results/segmentation_report.h
/// Grid, gaps, pairs and aggregates with what they rest on: datasets with fingerprints and positives, versions,
/// devices, time, the plan.
std::string report_markdown(Store& store, const std::string& experiment, const std::vector<GridRow>& rows,
                            const std::vector<MethodPair>& pairs, const SegmentationReport& segmentation);
/// The same, with grid, pairs and segmentation of its own.
std::string report_markdown(Store& store, const std::string& experiment = {});
/// One line per (dataset, protocol, method, fraction, seed, split, metric, class); the class of the mean is empty.
std::string seeds_csv(Store& store, const std::string& experiment = {});
/// Writes PREFIX.md, PREFIX.csv (grid), PREFIX-classes.csv, PREFIX-pairs.csv and PREFIX-seeds.csv, with draws
/// PREFIX-variance.csv, with segmentation PREFIX-segmentation.csv and PREFIX-segmentation-pairs.csv, and where heatmaps
/// were scored PREFIX-localisation.csv; returns their names. `rows` is the experiment's grid, made with the same `all`;
/// a Transaction around both makes everything of one state of the file.
std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const std::vector<GridRow>& rows, const std::filesystem::path& prefix,
                                                bool all = false);

/// Names of the experiments, the one used last first.
std::vector<std::string> experiment_names(Store& store);
/// The registration used last under this name (empty: of all). Throws UserError where there is none.
std::int64_t find_experiment(Store& store, const std::string& name);

/// What `mlvicx-bench status` prints: per experiment done, running, failed and missing cells; failures with their
/// errors, running ones with owner and age; pre-trainings that are not healthy.
std::string status_text(Store& store);

} // namespace mlvicx
