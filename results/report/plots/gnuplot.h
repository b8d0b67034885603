#pragma once

#include "results/report/plots/plot.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// gnuplot's commands for these plots: NAME.svg and NAME.pdf for each, in `folder`. Names of methods and datasets are
/// data: whatever they hold, gnuplot only prints it.
std::string gnuplot_script(const std::vector<Plot>& plots, const std::filesystem::path& folder);

/// Draws the plots into `folder`, which exists, with gnuplot (at most `seconds`). Returns an empty text, or why there
/// are no plots, with what to install or what gnuplot said. `program` is looked up in PATH.
std::string draw(const std::vector<Plot>& plots, const std::filesystem::path& folder, double seconds = 120,
                 const std::string& program = "gnuplot");

} // namespace mlvicx
