#pragma once

#include "results/report/page/page.h"

#include <functional>
#include <string>

namespace mlvicx {

/// The page as one HTML file that needs nothing else: style, drawings and pictures are inside, there is no script, and
/// its content policy forbids every request. `svg_of` returns the drawing of a plot as gnuplot made it; empty: the
/// plot is left out. Links to the report's other files are relative.
std::string html_of(const Page& page, const std::function<std::string(const Plot&)>& svg_of);

} // namespace mlvicx
