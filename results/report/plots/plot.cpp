#include "results/report/plots/plot.h"

#include "results/report/csv.h"

namespace mlvicx {

std::string spoken(const Plot& plot) {
    std::string text = fmt::format("{}. {} by {}.", plot.title, plot.y.label, plot.x.label);
    for (const auto& line : plot.series) {
        if (line.x.empty() || line.name.empty()) continue;
        text += fmt::format(" {}: {:.4g} at {:.4g}", line.name, line.y.front(), line.x.front());
        if (line.x.size() > 1) text += fmt::format(" to {:.4g} at {:.4g}", line.y.back(), line.x.back());
        text += ".";
    }
    return text;
}

std::string plot_csv(const Plot& plot) {
    struct Point {
        const Series& series;
        std::size_t i;
        std::optional<double> end(const std::vector<double>& ends) const {
            return ends.empty() ? std::nullopt : std::optional(ends[i]);
        }
    };
    CsvText<Point> csv({{"series", [](const Point& p) { return p.series.name; }},
                        {"x", [](const Point& p) { return p.series.x[p.i]; }},
                        {"y", [](const Point& p) { return p.series.y[p.i]; }},
                        {"low", [](const Point& p) { return p.end(p.series.low); }},
                        {"high", [](const Point& p) { return p.end(p.series.high); }}});
    for (const auto& series : plot.series)
        for (std::size_t i = 0; i < series.x.size(); ++i) csv.add({series, i});
    return csv.text();
}

} // namespace mlvicx
