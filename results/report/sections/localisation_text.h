#pragma once

#include "results/statistics/localisation_figures.h"

#include <string>
#include <vector>

namespace mlvicx {

/// A table for each dataset and protocol: a row per method and fraction, and one for the centre prior. Where the mean
/// over classes has no interval, also one for each class that has. Empty without rows.
std::string localisation_text(const std::vector<LocalisationRow>& rows);
std::string localisation_markdown(const std::vector<LocalisationRow>& rows);
/// One line per method, fraction, metric and class; the class of the mean over classes is empty.
std::string localisation_csv(const std::vector<LocalisationRow>& rows);

} // namespace mlvicx
