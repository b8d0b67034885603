#include "results/statistics/variance.h"

#include "core/error.h"
#include "results/metrics/metrics.h"

#include <algorithm>

namespace mlvicx {

VarianceComponents variance_components(const std::vector<std::vector<double>>& values) {
    ensure(values.size() > 1 && values.front().size() > 1, "variance components need two seeds and two draws");
    const auto rows = static_cast<double>(values.size()), columns = static_cast<double>(values.front().size());
    std::vector<double> row_means, column_means(values.front().size(), 0);
    for (const auto& row : values) {
        ensure(row.size() == column_means.size(), "variance components need a complete table");
        row_means.push_back(summarise(row).mean);
        for (std::size_t j = 0; j < row.size(); ++j) column_means[j] += row[j] / rows;
    }
    VarianceComponents found;
    found.n_seeds = std::ssize(row_means);
    found.n_draws = std::ssize(column_means);
    found.mean = summarise(row_means).mean;
    double rest = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = 0; j < column_means.size(); ++j) {
            const double left = values[i][j] - row_means[i] - column_means[j] + found.mean;
            rest += left * left;
        }
    found.rest = rest / ((rows - 1) * (columns - 1));
    // A mean square is the means' variance times the number of values in each mean.
    const auto variance = [](const std::vector<double>& means) {
        const double deviation = summarise(means).deviation;
        return deviation * deviation;
    };
    found.seeds_uncut = variance(row_means) - found.rest / columns;
    found.draws_uncut = variance(column_means) - found.rest / rows;
    found.seeds = std::max(0.0, found.seeds_uncut);
    found.draws = std::max(0.0, found.draws_uncut);
    found.of_mean = found.seeds / rows + found.draws / columns + found.rest / (rows * columns);
    return found;
}

} // namespace mlvicx
