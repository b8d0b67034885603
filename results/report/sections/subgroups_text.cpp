#include "results/report/sections/subgroups_text.h"

#include "results/report/csv.h"
#include "results/report/sections/grid_csv.h"
#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace mlvicx {

namespace {

std::string entry_of(const SubgroupAuc& mean, std::int64_t classes, bool intervals) {
    if (!mean.value) return "too few";
    std::string text = percent(mean.value);
    if (intervals && mean.interval) text += " (" + interval_text(*mean.interval) + ")";
    if (mean.defined < classes) text += fmt::format(" [{}/{}]", mean.defined, classes);
    return text;
}

std::string gap_of(const AttributeFigures& figures) {
    if (figures.gaps.empty() || !figures.gaps.front().class_name.empty()) return "-";
    const auto& gap = figures.gaps.front();
    std::string text = fmt::format("{:+.1f}", 100 * gap.value);
    if (gap.interval) text += fmt::format(" ({:+.1f} to {:+.1f})", 100 * gap.interval->low, 100 * gap.interval->high);
    return fmt::format("{} {} - {}", text, gap.higher, gap.lower);
}

/// One attribute of a row: a line of a table.
struct Entry {
    const SubgroupRow& row;
    const AttributeFigures& figures;

    /// What the lines of one table have in common.
    auto table() const { return std::tie(row.dataset, row.protocol, row.image_set, figures.attribute); }
};

Table table_of(const std::vector<Entry>& entries, bool intervals) {
    const auto& [row, figures] = entries.front();
    const bool one = std::all_of(entries.begin(), entries.end(),
                                 [&](const Entry& entry) { return entry.row.fraction == row.fraction; });
    Table table;
    table.title = row.title() + ", " + figures.attribute;
    table.caption = fmt::format("test AUC in percent, mean over classes{}{}; {} of {} test images unknown",
                                intervals ? " (95 % interval over patients)" : "",
                                one ? fmt::format(", {} of the labels", fraction_label(row.fraction)) : "",
                                figures.unknown, row.images);
    for (const auto& group : figures.groups)
        table.columns.push_back(
            {group.group, fmt::format("{}, {}", counted(group.images, "image"), counted(group.patients, "patient"))});
    table.columns.push_back({"largest gap", ""});
    for (const auto& entry : entries) {
        std::string name = entry.row.method;
        if (!one) name += ", " + fraction_label(entry.row.fraction);
        if (entry.row.evaluations > 1) name += fmt::format(", n = {}", entry.row.evaluations);
        table.lines.push_back({name, {}});
        for (const auto& group : entry.figures.groups)
            table.lines.back().entries.push_back(entry_of(group.aucs.front(), entry.row.classes, intervals));
        table.lines.back().entries.push_back(gap_of(entry.figures));
    }
    return table;
}

/// A line of the CSV: a subgroup's AUC, or a gap.
struct Line {
    const SubgroupRow& row;
    const AttributeFigures& figures;
    const SubgroupFigures* group = nullptr; ///< nullptr: a gap
    const SubgroupAuc* auc = nullptr;
    const SubgroupGap* gap = nullptr;

    double fraction() const { return row.fraction; }
    const std::string& attribute() const { return figures.attribute; }
    const char* figure() const { return gap ? "largest_gap" : "auc"; }
    const std::string& name() const { return gap ? gap->higher : group->group; }
    std::string minus() const { return gap ? gap->lower : ""; }
    const std::string& class_name() const { return gap ? gap->class_name : auc->class_name; }
    std::optional<double> value() const { return gap ? gap->value : auc->value; }
    std::optional<Interval> interval() const { return gap ? gap->interval : auc->interval; }
    std::int64_t defined() const { return gap ? gap->defined : auc->defined; }
    std::optional<std::int64_t> images() const { return gap ? std::nullopt : std::optional(group->images); }
    std::optional<std::int64_t> patients() const { return gap ? std::nullopt : std::optional(group->patients); }
    std::optional<std::int64_t> positives() const { return gap ? std::nullopt : auc->positives; }
    std::optional<std::int64_t> negatives() const { return gap ? std::nullopt : auc->negatives; }
    std::int64_t unknown() const { return figures.unknown; }
    std::int64_t evaluations() const { return row.evaluations; }
};

} // namespace

std::vector<Table> subgroup_tables(const std::vector<SubgroupRow>& rows, bool intervals) {
    std::vector<std::vector<Entry>> tables; // in the order of their first rows
    for (const auto& row : rows)
        for (const auto& figures : row.attributes) {
            const Entry entry{row, figures};
            const auto found = std::find_if(tables.begin(), tables.end(), [&](const std::vector<Entry>& entries) {
                return entries.front().table() == entry.table();
            });
            if (found == tables.end())
                tables.push_back({entry});
            else
                found->push_back(entry);
        }
    std::vector<Table> result;
    for (const auto& entries : tables) result.push_back(table_of(entries, intervals));
    return result;
}

std::vector<Table> subgroup_tables(Store& store, const std::string& experiment, bool all) {
    return subgroup_tables(subgroups(store, grid(store, experiment, all)), true);
}

std::string subgroups_legend() {
    return fmt::format(
        "largest gap: between the two subgroups that are furthest apart, of those with {} patients or more, over the "
        "classes that both define, with the 95 % interval of that pair over patients; being the largest of several is "
        "not corrected for. [a/b]: mean over a of b classes. too few: no class has positives and negatives there. Ages "
        "in years.",
        fewest_patients_of_gap);
}

std::string subgroups_text(const std::vector<SubgroupRow>& rows) {
    if (rows.empty()) return "";
    const auto tables = subgroup_tables(rows, false);
    return tables.empty() ? ""
                          : narrow_tables_text(tables) + "\n" + wrapped(subgroups_legend(), terminal_columns) + "\n";
}

std::string subgroups_markdown(const std::vector<SubgroupRow>& rows) {
    const auto tables = subgroup_tables(rows, true);
    if (tables.empty()) return "";
    return tables_markdown(tables) + "\n" + subgroups_legend() + " Class by class, with positives: `-subgroups.csv`.\n";
}

std::string subgroups_csv(const std::vector<SubgroupRow>& rows) {
    const CsvColumns<Line> columns = {{"attribute", &Line::attribute},
                                      {"figure", &Line::figure},
                                      {"group", &Line::name},
                                      {"minus", &Line::minus},
                                      {"class", &Line::class_name},
                                      {"value", &Line::value},
                                      {"low", low<&Line::interval>},
                                      {"high", high<&Line::interval>},
                                      {"resamples", resamples<&Line::interval>},
                                      {"defined_classes", &Line::defined},
                                      {"images", &Line::images},
                                      {"patients", &Line::patients},
                                      {"positives", &Line::positives},
                                      {"negatives", &Line::negatives},
                                      {"unknown_images", &Line::unknown},
                                      {"evaluations", &Line::evaluations}};
    CsvText<Line> csv(joined(place_columns<Line>(), columns));
    for (const auto& row : rows)
        for (const auto& figures : row.attributes) {
            for (const auto& group : figures.groups)
                for (const auto& auc : group.aucs) csv.add({row, figures, &group, &auc, nullptr});
            for (const auto& gap : figures.gaps) csv.add({row, figures, nullptr, nullptr, &gap});
        }
    return csv.text();
}

} // namespace mlvicx
