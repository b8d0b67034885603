#include "results/segmentation_report.h"

#include "results/health.h"
#include "results/pairs.h"
#include "results/table.h"
#include "results/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

const std::vector<std::string> conventions = {"per film", "films with the mask", "pooled"};
constexpr std::size_t dice_metrics = 3; // the first of overlap_metrics

constexpr const char* legend =
    "Per film: an empty mask that is predicted empty counts as 1, one of the two as 0, so that where most films are "
    "without the mask a model that predicts nothing stands high. Films with the mask: the others are left out. "
    "Pooled: the pixels of all films together.\n";

/// The methods of one dataset, protocol and fraction.
struct Group {
    std::string dataset, protocol;
    double fraction = 0;
    std::vector<std::pair<const SegmentationRow*, const SegmentationCell*>> entries;
};

std::vector<Group> groups_of(const SegmentationReport& report) {
    std::vector<Group> groups;
    for (const auto& row : report.rows)
        for (const auto& cell : row.cells) {
            auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
                return g.dataset == row.dataset && g.protocol == row.protocol && g.fraction == cell.fraction;
            });
            if (group == groups.end())
                group = groups.insert(groups.end(), {row.dataset, row.protocol, cell.fraction, {}});
            group->entries.emplace_back(&row, &cell);
        }
    return groups;
}

const SegmentationCell* first_done(const Group& group) {
    for (const auto& [row, cell] : group.entries)
        if (!cell->masks.empty()) return cell;
    return nullptr;
}

std::string counted(std::int64_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string entry_text(const SegmentationCell& cell, std::size_t metric, std::int64_t runs) {
    const auto& figure = cell.figures[metric];
    if (cell.hashes.empty()) {
        if (cell.left_out > 0) return "left out";
        return cell.failed > 0 ? "failed" : "…";
    }
    if (figure.value.count == 0) return "-";
    std::string text = fmt::format("{:.1f}", 100 * figure.value.mean);
    if (figure.interval) text += " (" + interval_text(*figure.interval) + ")";
    if (figure.value.count > 1) text += fmt::format(" ± {:.1f}", 100 * figure.value.deviation);
    if (cell.not_learned) text += fmt::format(" {}", not_learned_mark);
    if (figure.value.count != runs) text += fmt::format(" (n = {})", figure.value.count);
    const auto masks = std::ssize(cell.masks);
    if (figure.least_defined < masks) text += fmt::format(" [{}/{}]", figure.least_defined, masks);
    return text;
}

/// Means over masks under the metrics `first` .. `first + 2`; "Dice" or "IoU" is `name`.
GridTable means_table(const Group& group, const char* name, std::size_t first) {
    GridTable table;
    std::int64_t runs = 0, left_out = 0;
    std::vector<double> films;
    for (const auto& [row, cell] : group.entries) {
        runs = std::max(runs, cell->planned);
        left_out += cell->left_out;
        if (!cell->hashes.empty()) films.push_back(cell->train_films);
    }
    table.title =
        fmt::format("{}, {}, {}", group.dataset, protocol_label(group.protocol), fraction_label(group.fraction));
    table.caption = fmt::format("test {} in percent (95 % interval over patients){}, n = {}", name,
                                runs > 1 ? " ± standard deviation over evaluations" : "", counted(runs, "evaluation"));
    if (const auto* cell = first_done(group))
        table.caption += fmt::format(", mean over {}, {} of {}", counted(std::ssize(cell->masks), "mask"),
                                     counted(cell->test_films, "test film"), counted(cell->test_patients, "patient"));
    if (left_out > 0) table.caption += fmt::format("; {} left out", counted(left_out, "evaluation"));
    if (!films.empty()) table.caption += fmt::format(", {:g} labelled films", summarise(films).mean);
    for (const auto& convention : conventions) table.columns.push_back({0, convention, ""});
    for (const auto& [row, cell] : group.entries) {
        GridTable::Line line{row->method, {}};
        for (std::size_t k = 0; k < conventions.size(); ++k) line.entries.push_back(entry_text(*cell, first + k, runs));
        table.lines.push_back(std::move(line));
    }
    return table;
}

/// Dice mask by mask, its three conventions in one entry.
GridTable masks_table(const Group& group, const SegmentationCell& first) {
    GridTable table;
    table.title = fmt::format("{}, {}, {}: mask by mask", group.dataset, protocol_label(group.protocol),
                              fraction_label(group.fraction));
    table.caption =
        "Test Dice in percent per film / of films with the mask / pooled, mean over evaluations; intervals and IoU "
        "stand in `-segmentation.csv`";
    for (const auto& mask : first.masks)
        table.columns.push_back({0, markdown_escaped(mask.name),
                                 fmt::format("on {} of {} films", mask.positives, mask.positives + mask.negatives)});
    for (const auto& [row, cell] : group.entries) {
        GridTable::Line line{row->method, {}};
        for (const auto& mask : cell->masks) {
            std::string entry;
            for (std::size_t k = 0; k < dice_metrics; ++k)
                entry += (k == 0 ? "" : " / ") +
                         (mask.values[k] ? fmt::format("{:.1f}", 100 * *mask.values[k]) : std::string("-"));
            line.entries.push_back(entry);
        }
        if (!line.entries.empty()) table.lines.push_back(std::move(line));
    }
    return table;
}

GridTable pairs_table(const Group& group, const std::vector<SegmentationPair>& pairs) {
    GridTable table;
    table.title = fmt::format("{}, {}, {}: pairs of methods", group.dataset, protocol_label(group.protocol),
                              fraction_label(group.fraction));
    table.caption = "Difference of the mean Dice in points, with the 95 % interval of the paired bootstrap over "
                    "patients and its p value after Holm's correction for the pairs of a column";
    for (const auto& convention : conventions) table.columns.push_back({0, convention, ""});
    for (const auto& pair : pairs) {
        if (pair.dataset != group.dataset || pair.protocol != group.protocol || pair.fraction != group.fraction)
            continue;
        GridTable::Line line{pair.a + " - " + pair.b, {}};
        for (std::size_t k = 0; k < dice_metrics; ++k)
            line.entries.push_back(pair.differences[k] ? difference_text(*pair.differences[k], pair.holm[k]) : "-");
        table.lines.push_back(std::move(line));
    }
    return table;
}

/// What the conventions and the signs in `text` mean.
std::string with_legend(const std::string& text) {
    if (text.empty()) return text;
    std::string result = text + legend;
    for (const auto& [sign, meaning] : {std::pair{"…", "… is not finished yet."},
                                        {"failed", "failed: `mlvicx-bench status` tells why."},
                                        {" [", "[a/b]: the mean is over a of b masks; no test film has the others."}})
        if (text.find(sign) != std::string::npos) result += std::string("\n") + meaning + "\n";
    if (text.find(not_learned_mark) != std::string::npos) result += "\n" + not_learned_legend() + "\n";
    return result;
}

std::string ends_csv(const std::optional<Interval>& interval) {
    if (!interval) return ",,0";
    return fmt::format("{},{},{}", interval->low, interval->high, interval->resamples);
}

} // namespace

std::string segmentation_text(const SegmentationReport& report) {
    std::string text;
    for (const auto& group : groups_of(report)) text += table_text(means_table(group, "Dice", 0)) + "\n";
    return with_legend(text);
}

std::string segmentation_markdown(const SegmentationReport& report) {
    std::string text;
    for (const auto& group : groups_of(report)) {
        text += table_markdown(means_table(group, "Dice", 0)) + "\n";
        auto iou = means_table(group, "IoU", dice_metrics);
        iou.title += ": IoU";
        text += table_markdown(iou) + "\n";
        if (const auto* first = first_done(group)) text += table_markdown(masks_table(group, *first)) + "\n";
        const auto pairs = pairs_table(group, report.pairs);
        if (!pairs.lines.empty()) text += table_markdown(pairs) + "\n";
    }
    return with_legend(text);
}

std::string segmentation_csv(const SegmentationReport& report) {
    if (report.rows.empty()) return "";
    std::string text =
        "dataset,protocol,method,fraction,metric,mask,value,deviation,low,high,resamples,runs,"
        "planned_runs,failed_runs,left_out_runs,defined_masks,masks,films_with_mask,train_films,test_films,"
        "test_patients\n";
    for (const auto& row : report.rows)
        for (const auto& cell : row.cells)
            for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
                const auto& figure = cell.figures[k];
                const auto runs = figure.value.count;
                const std::string head = fmt::format("{},{},{},{},{},", csv_field(row.dataset), csv_field(row.protocol),
                                                     csv_field(row.method), cell.fraction, overlap_metrics[k]);
                const auto tail = [&](std::int64_t defined, const std::string& positives) {
                    return fmt::format("{},{},{},{},{},{},{},{},{},{}\n", runs, cell.planned, cell.failed,
                                       cell.left_out, defined, cell.masks.size(), positives, cell.train_films,
                                       cell.test_films, cell.test_patients);
                };
                text += head + "," + csv_number(runs > 0 ? std::optional(figure.value.mean) : std::nullopt) + "," +
                        csv_number(runs > 1 ? std::optional(figure.value.deviation) : std::nullopt) + "," +
                        ends_csv(figure.interval) + "," + tail(figure.least_defined, "");
                for (const auto& mask : cell.masks)
                    text += head + csv_field(mask.name) + "," + csv_number(mask.values[k]) + ",," +
                            ends_csv(mask.intervals[k]) + "," +
                            tail(mask.values[k].has_value(), fmt::format("{}", mask.positives));
            }
    return text;
}

std::string segmentation_pairs_csv(const SegmentationReport& report) {
    if (report.pairs.empty()) return "";
    std::string text = "dataset,protocol,fraction,method_a,method_b,metric,difference,low,high,resamples,p,p_holm,"
                       "runs_a,runs_b,films,patients\n";
    for (const auto& pair : report.pairs)
        for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
            const auto& difference = pair.differences[k];
            if (!difference) continue;
            text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(pair.dataset),
                                csv_field(pair.protocol), pair.fraction, csv_field(pair.a), csv_field(pair.b),
                                overlap_metrics[k], difference->value, ends_csv(difference->interval),
                                csv_number(difference->p), csv_number(pair.holm[k]), pair.runs_a, pair.runs_b,
                                pair.films, pair.patients);
        }
    return text;
}

} // namespace mlvicx
