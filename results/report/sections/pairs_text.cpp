#include "results/report/sections/pairs_text.h"

#include "results/report/csv.h"
#include "results/report/sections/grid_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace mlvicx {

namespace {

std::string counts_text(std::int64_t least, std::int64_t most) {
    return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

Table table_of(std::span<const MethodPair> pairs) {
    std::vector<double> fractions;
    std::vector<std::pair<std::string, std::string>> names;
    std::map<std::tuple<std::string, std::string, double>, std::string> entries;
    const auto& first = pairs.front();
    std::int64_t least = first.runs_a, most = least;
    bool same_images = true, draws = false;
    for (const auto& pair : pairs) {
        if (std::find(fractions.begin(), fractions.end(), pair.fraction) == fractions.end())
            fractions.push_back(pair.fraction);
        const std::pair name(pair.a, pair.b);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        const auto& figure = pair.figures.front();
        entries[{pair.a, pair.b, pair.fraction}] = figure ? difference_text(figure->difference, figure->holm) : "";
        least = std::min({least, pair.runs_a, pair.runs_b});
        most = std::max({most, pair.runs_a, pair.runs_b});
        draws = draws || pair.draws;
        same_images = same_images && pair.images == first.images && pair.patients == first.patients;
    }
    Table table;
    table.head = "pair";
    table.title = first.title();
    table.caption = fmt::format("n = {} {}{}{}", counts_text(least, most), draws ? "evaluation" : "seed",
                                most == 1 ? "" : "s", draws ? " (seeds x draws)" : "");
    if (same_images) table.caption += fmt::format(", {} test images of {} patients", first.images, first.patients);
    for (const double fraction : fractions) table.columns.push_back({fraction_label(fraction), ""});
    for (const auto& [a, b] : names) {
        table.lines.push_back({fmt::format("{} - {}", a, b), {}});
        for (const double fraction : fractions) table.lines.back().entries.push_back(entries[{a, b, fraction}]);
    }
    return table;
}

/// A line of a CSV: a metric of a pair, for the mean over classes or, for AUC, one class.
struct Line {
    const MethodPair& pair;
    std::size_t metric = 0;
    const ClassPair* of_class = nullptr; ///< nullptr: the mean over classes

    const PairFigure& figure() const { return *pair.figures[metric]; }
    const Stamps& stamps() const { return pair.stamps; }
    const std::string& metric_name() const { return metrics_of(pair.task)[metric]; }
    std::string class_name() const { return of_class ? of_class->name : ""; }
    double a() const { return of_class ? of_class->auc_a : figure().a; }
    double b() const { return of_class ? of_class->auc_b : figure().b; }
    double difference() const { return of_class ? a() - b() : figure().difference.value; }
    std::optional<Interval> interval() const { return of_class ? std::nullopt : figure().difference.interval; }
    std::optional<double> error() const { return of_class ? of_class->error : std::nullopt; }
    std::optional<double> p() const { return of_class ? of_class->p : figure().difference.p; }
    std::optional<double> holm() const { return of_class ? of_class->holm : figure().holm; }
    const char* test() const { return of_class ? "delong" : "bootstrap"; }
};

/// A member of the line's pair.
template <auto Member> CsvField pair(const Line& line) {
    return line.pair.*Member;
}
using P = MethodPair;

CsvColumns<Line> name_columns() {
    return {{"dataset", pair<&P::dataset>},
            {"protocol", pair<&P::protocol>},
            {"fraction", pair<&P::fraction>},
            {"method_a", pair<&P::a>},
            {"method_b", pair<&P::b>}};
}

} // namespace

std::string difference_text(const Difference& difference, std::optional<double> holm) {
    std::string text = fmt::format("{:+.1f}", 100 * difference.value);
    if (const auto& interval = difference.interval)
        text += fmt::format(" ({:+.1f} to {:+.1f})", 100 * interval->low, 100 * interval->high);
    return holm ? text + ", " + p_text(*holm) : text;
}

std::string p_text(double p) {
    return p < 0.0005 ? "p < 0.001" : fmt::format("p = {:.3f}", p);
}

const char* const pairs_about =
    "Difference of the mean test AUC in points, with the 95 % interval of the paired bootstrap over patients, and its "
    "p value after Holm's correction for all pairs of a column. The models are taken as trained: this is about other "
    "patients, not about other seeds.";

std::vector<Table> pairs_tables(const std::vector<MethodPair>& pairs) {
    std::vector<Table> tables;
    for_each_table(pairs, [&](std::span<const MethodPair> group) { tables.push_back(table_of(group)); });
    return tables;
}

std::string pairs_markdown(const std::vector<MethodPair>& pairs) {
    if (pairs.empty()) return "";
    return fmt::format("{} Class by class: `-pairs.csv`.\n\n{}", pairs_about, tables_markdown(pairs_tables(pairs)));
}

std::string pairs_csv(const std::vector<MethodPair>& pairs) {
    const CsvColumns<Line> columns = {{"class", &Line::class_name},
                                      {"auc_a", &Line::a},
                                      {"auc_b", &Line::b},
                                      {"difference", &Line::difference},
                                      {"low", low<&Line::interval>},
                                      {"high", high<&Line::interval>},
                                      {"standard_error", &Line::error},
                                      {"p", &Line::p},
                                      {"p_holm", &Line::holm},
                                      {"test", &Line::test},
                                      {"seeds_a", pair<&P::runs_a>},
                                      {"seeds_b", pair<&P::runs_b>},
                                      {"images", pair<&P::images>},
                                      {"patients", pair<&P::patients>}};
    CsvText<Line> csv(joined(joined(name_columns(), columns), stamp_column<Line>()));
    for (const auto& pair : pairs) {
        csv.add({pair});
        for (const auto& c : pair.classes) csv.add({pair, 0, &c});
    }
    return csv.text();
}

std::string segmentation_pairs_csv(const std::vector<MethodPair>& pairs) {
    const CsvColumns<Line> columns = {{"metric", &Line::metric_name},
                                      {"difference", &Line::difference},
                                      {"low", low<&Line::interval>},
                                      {"high", high<&Line::interval>},
                                      {"resamples", resamples<&Line::interval>},
                                      {"p", &Line::p},
                                      {"p_holm", &Line::holm},
                                      {"runs_a", pair<&P::runs_a>},
                                      {"runs_b", pair<&P::runs_b>},
                                      {"images", pair<&P::images>},
                                      {"patients", pair<&P::patients>}};
    CsvText<Line> csv(joined(joined(name_columns(), columns), stamp_column<Line>()));
    for (const auto& pair : pairs)
        for (std::size_t k = 0; k < pair.figures.size(); ++k)
            if (pair.figures[k]) csv.add({pair, k});
    return csv.text();
}

} // namespace mlvicx
