#include "results/report/sections/grid_text.h"

#include "results/report/health.h"
#include "results/report/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

const GridCell* cell_at(const GridRow& row, double fraction) {
    const auto found = std::find_if(row.cells.begin(), row.cells.end(),
                                    [&](const GridCell& cell) { return cell.fraction == fraction; });
    return found == row.cells.end() ? nullptr : &*found;
}

std::set<double, FractionOrder> fractions_of(std::span<const GridRow> rows) {
    std::set<double, FractionOrder> fractions;
    for (const auto& row : rows)
        for (const auto& cell : row.cells) fractions.insert(cell.fraction);
    return fractions;
}

namespace {

using Rows = std::span<const GridRow>;

std::string images_text(double images) {
    return std::abs(images - std::round(images)) < 0.05 ? fmt::format("{:.0f} images", images)
                                                        : fmt::format("{:.1f} images", images);
}

Table::Column column_at(Rows rows, double fraction) {
    std::vector<double> images;
    for (const auto& row : rows)
        if (const auto* cell = cell_at(row, fraction); cell != nullptr && cell->train_images > 0)
            images.push_back(cell->train_images);
    Table::Column column{fraction_label(fraction), images.empty() ? "" : images_text(summarise(images).mean)};
    if (column.note == column.label) column.note.clear();
    return column;
}

/// ", 25596 test images of 2797 patients" if every interval is over the same ones.
std::string images_of_intervals(Rows rows) {
    std::string text;
    std::int64_t set = 0;
    for (const auto& row : rows)
        for (const auto& cell : row.cells) {
            if (!cell.main().interval) continue;
            if (set != 0 && cell.image_set != set) return "";
            set = cell.image_set;
            text = fmt::format(", {} test images of {} patients", cell.test_images, cell.test_patients);
        }
    return text;
}

/// ", n = 3 seeds", ", n = 1 of 3 seeds", or ", n = 3 seeds x 5 draws of the labelled images (100 %: seeds only)".
std::string runs_text(Rows rows, std::int64_t done, std::int64_t seeds, std::int64_t draws) {
    std::string text = fmt::format("{}, n = {}{}",
                                   draws > 0   ? " ± standard deviation over seeds and draws"
                                   : done == 1 ? ""
                                               : " ± standard deviation over seeds",
                                   done < seeds ? fmt::format("{} of ", done) : "", counted(seeds, "seed"));
    if (draws == 0) return text;
    text += fmt::format(" x {} of the labelled images", counted(draws, "draw"));
    for (const auto& row : rows)
        for (const auto& cell : row.cells)
            if (cell.draws == 0 || (cell.draws == 1 && draws > 1)) // all images: not drawn, or imported once
                return text + fmt::format(" ({}: seeds only)", fraction_label(cell.fraction));
    return text;
}

/// Draws that each seed has at a fraction; 1 if only the seed is drawn.
std::int64_t draws_at(Rows rows, double fraction) {
    std::int64_t draws = 1;
    for (const auto& row : rows)
        if (const auto* cell = cell_at(row, fraction)) draws = std::max(draws, cell->draws);
    return draws;
}

/// Why there is no difference between two cells; empty if there is one.
std::string no_gap(const GridCell* method, const GridCell* control) {
    for (const auto* cell : {method, control}) {
        if (cell == nullptr) return "not in the plan";
        if (cell->runs.empty())
            return cell->left_out > 0 ? "left out" : cell->undefined > 0 ? "undefined" : "not finished";
    }
    return "";
}

/// "+1.9 to +4.4", or nothing if there is no interval.
std::string gap_interval(const GridCell& method, const GridCell& control) {
    const auto &ours = method.main(), &theirs = control.main();
    if (method.image_set != control.image_set || !ours.interval || !theirs.interval) return "";
    const auto both = percentile_interval(difference_of(ours.replicates, theirs.replicates));
    return both ? fmt::format("{:+.1f} to {:+.1f}", 100 * both->low, 100 * both->high) : "";
}

double gap(const GridCell& method, const GridCell& control) {
    return 100 * (method.main().value.mean - control.main().value.mean);
}

/// "+3.1 points (+1.9 to +4.4, n = 3)", or why there is none.
std::string gap_of(const GridCell* method, const GridCell* control) {
    if (auto reason = no_gap(method, control); !reason.empty()) return reason;
    const auto ours = method->main().value.count, theirs = control->main().value.count;
    std::string counts = ours == theirs ? fmt::format("n = {}", ours) : fmt::format("n = {} and {}", ours, theirs);
    if (method->draws > 0) counts += " pairs of seed and draw";
    std::string interval = gap_interval(*method, *control);
    if (!interval.empty()) interval += ", ";
    return fmt::format("{:+.1f} points ({}{})", gap(*method, *control), interval, counts);
}

std::string gaps_of(Rows rows) {
    const double fraction = *fractions_of(rows).rbegin();
    const auto column = column_at(rows, fraction);
    std::string text = fmt::format("{}, {} of the labels{}:\n", rows.front().title(), column.label,
                                   column.note.empty() ? "" : " (" + column.note + ")");
    const auto control = std::find_if(rows.begin(), rows.end(), [](const GridRow& row) { return row.control; });
    if (control == rows.end()) return text + "  The plan has no control \"random\" to compare with.\n";
    std::size_t width = 0;
    for (const auto& row : rows) width = std::max(width, text_width(row.method));
    for (const auto& row : rows)
        if (&row != &*control && !row.apart)
            text += fmt::format("  {} - {} = {}\n", padded(row.method, width), control->method,
                                gap_of(cell_at(row, fraction), cell_at(*control, fraction)));
    return text;
}

} // namespace

std::string gap_entry(const GridCell* method, const GridCell* control) {
    if (auto reason = no_gap(method, control); !reason.empty()) return reason;
    const auto interval = gap_interval(*method, *control);
    return fmt::format("{:+.1f}{}", gap(*method, *control), interval.empty() ? "" : " (" + interval + ")");
}

std::string entry_text(const GridCell& cell, std::size_t metric, std::int64_t planned, Signs& signs) {
    const auto sign = [&](Sign kind, std::string text) {
        signs.insert(kind);
        return text;
    };
    if (cell.runs.empty() && cell.left_out > 0) return sign(Sign::left_out, "left out");
    if (cell.runs.empty() && cell.undefined == 0)
        return cell.failed > 0 ? sign(Sign::failed, "failed") : sign(Sign::unfinished, "…");
    const auto& figure = cell.figures[metric];
    const auto count = figure.value.count, classes = std::ssize(cell.classes);
    if (count == 0) return sign(Sign::undefined, "-");
    std::string text = fmt::format("{:.1f}", 100 * figure.value.mean);
    if (figure.interval) text += sign(Sign::interval, " (" + interval_text(*figure.interval) + ")");
    if (count > 1) text += sign(Sign::deviation, fmt::format(" ± {:.1f}", 100 * figure.value.deviation));
    if (cell.not_learned) text += sign(Sign::not_learned, fmt::format(" {}", not_learned_mark));
    for (const auto& stamp : cell.stamps)
        text += sign(stamp == stamp::shared_patients ? Sign::shared_patients : Sign::chosen_on_test,
                     " " + marks_of({stamp}));
    if (count != planned) text += sign(Sign::other_count, fmt::format(" (n = {})", count));
    if (figure.least_defined < classes)
        text += sign(Sign::some_classes, fmt::format(" [{}/{}]", figure.least_defined, classes));
    return text;
}

Table grid_table(std::span<const GridRow> rows) {
    Table table;
    std::int64_t seeds = 0, draws = 0, left_out = 0, done = 0;
    bool intervals = false;
    for (const auto& row : rows)
        for (const auto& cell : row.cells) {
            seeds = std::max(seeds, cell.seeds);
            draws = std::max(draws, cell.draws);
            done = std::max(done, std::ssize(cell.runs) + cell.left_out + cell.undefined + cell.failed);
            left_out += cell.left_out;
            intervals = intervals || cell.main().interval;
            if (!cell.runs.empty() && !cell.main().interval) table.signs.insert(Sign::no_interval);
        }
    // While a plan runs, its first seeds are the table: not a note in every entry.
    if (done == 0 || draws > 0) done = seeds;
    if (draws > 0) table.signs.insert(Sign::draws);
    table.title = rows.front().title();
    table.caption =
        fmt::format("test AUC in percent, mean over classes{}{}{}", intervals ? " (95 % interval over patients)" : "",
                    runs_text(rows, done, seeds, draws), images_of_intervals(rows));
    if (left_out > 0) {
        table.signs.insert(Sign::left_out);
        table.caption += fmt::format("; {} left out", counted(left_out, "evaluation"));
    }
    for (const auto& row : rows) table.lines.push_back({row.method, {}});
    for (const double fraction : fractions_of(rows)) {
        table.columns.push_back(column_at(rows, fraction));
        const auto planned = done * draws_at(rows, fraction);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto* cell = cell_at(rows[i], fraction);
            table.lines[i].entries.push_back(cell ? entry_text(*cell, 0, planned, table.signs) : "");
        }
    }
    return table;
}

std::vector<std::string> grid_legend(const std::vector<Table>& tables) {
    const auto signs = signs_of(tables);
    const bool draws = signs.contains(Sign::draws);
    const std::pair<Sign, std::string> sentences[] = {
        {Sign::interval, "(a–b): 95 % bootstrap interval over the patients of the test images, for the models as "
                         "trained."},
        {Sign::deviation, draws ? "±: over all pairs of a seed (training) and a draw (label subset); over seeds only "
                                  "where all images are labelled. The report separates the two."
                                : "±: over seeds, each with its own label subset and training."},
        {Sign::left_out, "Left out: evaluations whose pre-training collapsed or diverged; `mlvicx-bench report --all` "
                         "shows them."},
        {Sign::not_learned, not_learned_legend()},
        {Sign::chosen_on_test, stamp_legend(stamp::test_as_published)},
        {Sign::shared_patients, stamp_legend(stamp::shared_patients)},
        {Sign::no_interval,
         "No interval: scores of the test images are missing, seeds were scored on different images, "
         "or the images are too few."},
        {Sign::unfinished, "… is not finished yet."},
        {Sign::failed, "failed: `mlvicx-bench status` shows why."},
        {Sign::undefined, "- is undefined: no class has both positives and negatives in the test split."},
        {Sign::other_count,
         fmt::format("(n = ...): the mean is over a different number of {}.", draws ? "evaluations" : "seeds")},
        {Sign::some_classes, "[a/b]: the mean is over a of b classes; the others are undefined."}};
    std::vector<std::string> legend;
    for (const auto& [sign, sentence] : sentences)
        if (signs.contains(sign)) legend.push_back(sentence);
    return legend;
}

namespace {

std::vector<Table> tables_of(const std::vector<GridRow>& rows) {
    std::vector<Table> tables;
    for_each_table(rows, [&](Rows group) { tables.push_back(grid_table(group)); });
    return tables;
}

} // namespace

std::string grid_text(const std::vector<GridRow>& rows) {
    if (rows.empty()) return "This experiment has no evaluations.\n";
    const auto tables = tables_of(rows);
    const auto legend = grid_legend(tables);
    return tables_text(tables) + (legend.empty() ? "" : fmt::format("\n{}\n", fmt::join(legend, "\n")));
}

std::string grid_markdown(const std::vector<GridRow>& rows) {
    if (rows.empty()) return "This experiment has no evaluations.\n";
    const auto tables = tables_of(rows);
    std::string text = tables_markdown(tables);
    for (const auto& line : grid_legend(tables)) text += "\n" + line + "\n";
    return text;
}

std::string gap_text(const std::vector<GridRow>& rows) {
    std::string text;
    std::set<std::string> datasets;
    for_each_table(rows, [&](Rows group) {
        if (datasets.insert(group.front().dataset).second) text += gaps_of(group);
    });
    return text;
}

} // namespace mlvicx
