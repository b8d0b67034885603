#pragma once

#include "results/grid.h"

#include <string>
#include <vector>

namespace mlvicx {

/// A table for each dataset and protocol, as standard deviations in points. Empty where nothing has several draws.
std::string variance_markdown(const std::vector<GridRow>& rows);
/// One line per (dataset, protocol, method, fraction) with variance_components, AUC in 0..1. Empty without any.
std::string variance_csv(const std::vector<GridRow>& rows);

} // namespace mlvicx
