#pragma once

#include "results/store.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// One method under one protocol on one dataset at one fraction, over the seeds of the plan.
struct GridCell {
    double fraction = 0;            ///< up to 1: share of the labelled films; above: number of films
    Summary auc;                    ///< mean test AUC over seeds, in 0..1
    std::int64_t least_defined = 0; ///< fewest defined classes among the seeds
    std::int64_t classes = 0;
    double train_films = 0;     ///< mean number of labelled films; 0 where no seed is done
    std::int64_t planned = 0;   ///< seeds in the plan
    std::int64_t failed = 0;    ///< of these
    std::int64_t undefined = 0; ///< done, but no class has both positives and negatives
};

/// One row of the grid: a method under one protocol on one dataset, over fractions.
struct GridRow {
    std::string dataset, protocol, method;
    std::vector<GridCell> cells; ///< numbers of films first, then shares, each ascending
};

/// The grid of one experiment (name empty: the one used last; of a plan that was changed, the registration used last),
/// in the plan's order of datasets, protocols and methods. Throws UserError where the name is unknown or nothing is
/// there.
std::vector<GridRow> grid(Store& store, const std::string& experiment = {});

/// For the terminal: AUC in percent, mean ± standard deviation over seeds; columns aligned; signs explained where used.
std::string grid_text(const std::vector<GridRow>& rows);
std::string grid_markdown(const std::vector<GridRow>& rows);
/// One line per (dataset, protocol, method, fraction), full precision, AUC in 0..1, empty where there is no value.
std::string grid_csv(const std::vector<GridRow>& rows);

/// "mlvicx - random = +3.1 points" per method at the largest fraction, frozen: printed as it is, whatever it says.
std::string gap_text(const std::vector<GridRow>& rows);

/// Grid and gaps with what they rest on: datasets with fingerprints and positives, versions, devices, time, the plan.
std::string report_markdown(Store& store, const std::string& experiment = {});
/// One line per (dataset, protocol, method, fraction, seed, split, metric, class); the class of the mean is empty.
std::string seeds_csv(Store& store, const std::string& experiment = {});
/// Writes PREFIX.md, PREFIX.csv (grid) and PREFIX-seeds.csv, all of one state of the file; returns their names.
std::vector<std::filesystem::path> write_report(Store& store, const std::string& experiment,
                                                const std::filesystem::path& prefix);

/// Names of the experiments, the one used last first.
std::vector<std::string> experiment_names(Store& store);
/// The registration used last under this name (empty: of all). Throws UserError where there is none.
std::int64_t find_experiment(Store& store, const std::string& name);

/// What `mlvicx-bench status` prints: per experiment done, running, failed and missing cells; failures with their
/// errors, running ones with owner and age.
std::string status_text(Store& store);

} // namespace mlvicx
