#include "results/compare/compare.h"

#include "results/statistics/comparison.h"
#include "results/verify/verify.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr double level = 0.05, normal_95 = 1.959963984540054;

/// Cells of both files under the same dataset, protocol, method and fraction.
struct Pair {
    const GridRow* row;
    const GridCell *a = nullptr, *b = nullptr;
};

using Side = const GridCell* Pair::*;

/// The pairs in A's order, then those that only B has.
std::vector<Pair> pairs_of(const std::vector<GridRow>& a, const std::vector<GridRow>& b) {
    std::vector<Pair> pairs;
    const auto add = [&](const std::vector<GridRow>& rows, Side side) {
        for (const auto& row : rows)
            for (const auto& cell : row.cells) {
                auto found = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) {
                    const auto* other = pair.a != nullptr ? pair.a : pair.b;
                    return pair.row->same_table(row) && pair.row->method == row.method &&
                           other->fraction == cell.fraction;
                });
                if (found == pairs.end()) found = pairs.insert(pairs.end(), Pair{&row});
                (*found).*side = &cell;
            }
    };
    add(a, &Pair::a);
    add(b, &Pair::b);
    return pairs;
}

std::string images_of(Store& store, std::int64_t set) {
    Statement query(store.db(), "SELECT content_hash FROM image_sets WHERE id = ?");
    return query.bind(1, set).step() ? query.text(0) : std::string();
}

double deviation(const Replicates& replicates) {
    std::vector<double> defined;
    std::copy_if(replicates.begin(), replicates.end(), std::back_inserter(defined),
                 [](double value) { return !std::isnan(value); });
    return summarise(defined).deviation;
}

/// Interval and p of b - a; differences up to `margin` count as none for p.
void test(const Figure& a, const Figure& b, double margin, FigureChange& change) {
    if (!a.interval || !b.interval) return;
    const double difference = *change.b - *change.a;
    double error = 0;
    if (change.paired) {
        const auto replicates = difference_of(b.replicates, a.replicates);
        change.interval = percentile_interval(replicates);
        error = deviation(replicates);
    } else {
        error = std::hypot(deviation(a.replicates), deviation(b.replicates));
        change.interval = Interval{difference - normal_95 * error, difference + normal_95 * error,
                                   std::min(a.interval->resamples, b.interval->resamples)};
    }
    const double beyond = std::max(0.0, std::abs(difference) - margin);
    change.p = normal_p(beyond, error);
}

/// Standard error of a difference of means over seeds; nullopt unless both have two.
std::optional<double> seed_error(const Summary& a, const Summary& b) {
    if (a.count < 2 || b.count < 2) return std::nullopt;
    const auto variance = [](const Summary& of) { return of.deviation * of.deviation / static_cast<double>(of.count); };
    return std::sqrt(variance(a) + variance(b));
}

FigureChange change_of(const Compared& a, const Compared& b, const Pair& pair, double margin) {
    FigureChange change;
    static_cast<TableKey&>(change) = *pair.row;
    const auto& cell = pair.a != nullptr ? *pair.a : *pair.b;
    change.method = pair.row->method;
    change.metric = metrics_of(pair.row->task).front();
    change.fraction = cell.fraction;
    const auto read = [](const GridCell* from, std::optional<double>& value, std::int64_t& runs) {
        if (from == nullptr || from->main().value.count == 0) return;
        value = from->main().value.mean;
        runs = from->main().value.count;
    };
    read(pair.a, change.a, change.runs_a);
    read(pair.b, change.b, change.runs_b);
    if (!change.a || !change.b) {
        const bool lost = change.a && pair.b != nullptr && pair.b->failed + pair.b->left_out + pair.b->undefined > 0;
        change.verdict = lost       ? FigureChange::Verdict::lost
                         : change.a ? FigureChange::Verdict::only_a
                                    : FigureChange::Verdict::only_b;
        return change;
    }
    change.seed_error = seed_error(pair.a->main().value, pair.b->main().value);
    const auto images = images_of(a.store, pair.a->image_set);
    change.paired = !images.empty() && images == images_of(b.store, pair.b->image_set);
    test(pair.a->main(), pair.b->main(), margin, change);
    return change;
}

void judge(std::vector<FigureChange>& figures, double margin) {
    std::vector<std::optional<double>> p;
    for (const auto& figure : figures) p.push_back(figure.p);
    const auto corrected = holm(p);
    for (std::size_t i = 0; i < figures.size(); ++i) {
        auto& figure = figures[i];
        if (!figure.a || !figure.b) continue;
        figure.holm = corrected[i];
        if (!figure.interval || !figure.holm) {
            const bool equal = *figure.a == *figure.b;
            figure.verdict = equal ? FigureChange::Verdict::same : FigureChange::Verdict::untested;
        } else if (*figure.holm < level && figure.interval->high < -margin) {
            figure.verdict = FigureChange::Verdict::worse;
        } else if (*figure.holm < level && figure.interval->low > margin) {
            figure.verdict = FigureChange::Verdict::better;
        }
    }
}

} // namespace

bool Comparison::worse() const {
    return std::any_of(figures.begin(), figures.end(), [](const FigureChange& figure) {
        return figure.verdict == FigureChange::Verdict::worse || figure.verdict == FigureChange::Verdict::lost;
    });
}

Comparison compare_results(const Compared& a, const Compared& b, double margin) {
    Comparison result;
    result.margin = margin;
    for (const auto* side : {&a, &b}) require_figures(side->store, side->experiment);
    compare_settings(a, b, result);
    for (const auto task : {Task::classification, Task::segmentation}) {
        const auto rows_a = grid(a.store, a.experiment, false, task), rows_b = grid(b.store, b.experiment, false, task);
        for (const auto& pair : pairs_of(rows_a, rows_b)) {
            auto change = change_of(a, b, pair, margin);
            if (change.a || change.b) result.figures.push_back(std::move(change));
        }
    }
    judge(result.figures, margin);
    return result;
}

} // namespace mlvicx
