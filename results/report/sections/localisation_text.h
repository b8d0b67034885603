#pragma once

#include "results/report/table.h"
#include "results/statistics/localisation_figures.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The tables of the next two, and what their signs mean.
std::vector<Table> localisation_tables(const std::vector<LocalisationRow>& rows);
std::string localisation_legend(const std::vector<Table>& tables);
/// A table for each dataset and protocol: a row per method and fraction, and one for the centre prior. If the mean over
/// classes has no interval, also a table for each class that has one. Empty without rows.
std::string localisation_text(const std::vector<LocalisationRow>& rows);
std::string localisation_markdown(const std::vector<LocalisationRow>& rows);
/// One line per method, fraction, metric and class; the class is empty in the line of the mean over classes.
std::string localisation_csv(const std::vector<LocalisationRow>& rows);

} // namespace mlvicx
