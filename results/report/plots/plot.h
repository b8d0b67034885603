#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// A line of a plot. All lists have one length; `low` and `high` may be empty.
struct Series {
    std::string name;              ///< in the key; empty: not in the key
    int style = 0;                 ///< colour, dash and marker: plots/palette.h
    std::vector<double> x, y;      ///< finite
    std::vector<double> low, high; ///< the ends of a band around y
    bool markers = true;           ///< a marker at each point
};

struct Axis {
    std::string label;
    bool logarithmic = false;
    std::optional<double> low, high; ///< its ends; nullopt: by the data
};

/// A plot as its data; results/report/plots/gnuplot.h draws it.
struct Plot {
    std::string name;    ///< of its files, without ending: letters, digits, "-"; unique in a report
    std::string title;   ///< "phantom, frozen (linear probe)"
    std::string caption; ///< what is shown, with n, seeds and the kind of interval
    Axis x, y;
    std::vector<Series> series;
    bool diagonal = false; ///< a thin line from corner to corner: chance of a ROC, perfect calibration
};

/// The plot in words, for those who do not see it: each line's first and last point.
std::string spoken(const Plot& plot);
/// Its data: series,x,y,low,high.
std::string plot_csv(const Plot& plot);

} // namespace mlvicx
