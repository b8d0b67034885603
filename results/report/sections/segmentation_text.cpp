#include "results/report/sections/segmentation_text.h"

#include "results/report/health.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/pairs_text.h"
#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// Dice and IoU each have three conventions, in this order in metrics_of.
const std::vector<std::string> conventions = {"per image", "images with the mask", "pooled"};
constexpr std::size_t dice = 0, iou = 3;

constexpr const char* legend =
    "Per image: an empty mask that is predicted empty counts as 1, one of the two as 0, so that where most images are "
    "without the mask a model that predicts nothing scores high. Images with the mask: the others are left out. "
    "Pooled: the pixels of all images together.\n";

/// The methods of one dataset, protocol and fraction.
struct Group : TableKey {
    double fraction = 0;
    std::vector<std::pair<const GridRow*, const GridCell*>> entries;

    std::string title() const { return TableKey::title() + ", " + fraction_label(fraction); }
    /// A cell that has the masks and their images; nullptr if none is finished.
    const GridCell* finished() const {
        for (const auto& [row, cell] : entries)
            if (cell->image_set != 0) return cell;
        return nullptr;
    }
};

std::vector<Group> groups_of(const std::vector<GridRow>& rows) {
    std::vector<Group> groups;
    for (const auto& row : rows)
        for (const auto& cell : row.cells) {
            auto group = std::find_if(groups.begin(), groups.end(),
                                      [&](const Group& g) { return g.same_table(row) && g.fraction == cell.fraction; });
            if (group == groups.end()) group = groups.insert(groups.end(), {row, cell.fraction, {}});
            group->entries.emplace_back(&row, &cell);
        }
    return groups;
}

/// A column for each convention.
Table empty_table(std::string title, std::string caption) {
    Table table;
    table.title = std::move(title);
    table.caption = std::move(caption);
    for (const auto& convention : conventions) table.columns.push_back({convention, ""});
    return table;
}

/// Means over masks of the metrics `first` .. `first + 2`; `name` is "Dice" or "IoU".
Table means_table(const Group& group, const char* name, std::size_t first) {
    std::int64_t runs = 0, left_out = 0;
    std::vector<double> images;
    for (const auto& [row, cell] : group.entries) {
        runs = std::max(runs, cell->planned);
        left_out += cell->left_out;
        if (!cell->runs.empty()) images.push_back(cell->train_images);
    }
    auto table = empty_table(group.title(), fmt::format("test {} in percent (95 % interval over patients){}, n = {}",
                                                        name, runs > 1 ? " ± standard deviation over evaluations" : "",
                                                        counted(runs, "evaluation")));
    if (const auto* cell = group.finished())
        table.caption += fmt::format(", mean over {}, {} of {}", counted(std::ssize(cell->classes), "mask"),
                                     counted(cell->test_images, "test image"), counted(cell->test_patients, "patient"));
    if (left_out > 0) table.caption += fmt::format("; {} left out", counted(left_out, "evaluation"));
    if (!images.empty()) table.caption += fmt::format(", {:g} labelled images", summarise(images).mean);
    for (const auto& [row, cell] : group.entries) {
        table.lines.push_back({row->method, {}});
        for (std::size_t k = 0; k < conventions.size(); ++k)
            table.lines.back().entries.push_back(entry_text(*cell, first + k, runs, table.signs));
    }
    return table;
}

/// Dice mask by mask, the three conventions in one entry.
Table masks_table(const Group& group, const GridCell& finished) {
    Table table;
    table.title = group.title() + ": mask by mask";
    table.caption = "Test Dice in percent per image / of images with the mask / pooled, mean over evaluations";
    for (const auto& mask : finished.classes)
        table.columns.push_back(
            {mask.name, fmt::format("on {} of {} images", mask.positives, mask.positives + mask.negatives)});
    for (const auto& [row, cell] : group.entries) {
        if (cell->image_set == 0) continue;
        table.lines.push_back({row->method, {}});
        for (const auto& mask : cell->classes) {
            std::string entry;
            for (std::size_t k = dice; k < dice + conventions.size(); ++k)
                entry += (k == dice ? "" : " / ") + percent(mask.values[k]);
            table.lines.back().entries.push_back(entry);
        }
    }
    return table;
}

Table pairs_table(const Group& group, const std::vector<MethodPair>& pairs) {
    auto table = empty_table(group.title() + ": pairs of methods",
                             "Difference of the mean Dice in points, with the 95 % interval of the paired bootstrap "
                             "over patients and its p value after Holm's correction for the pairs of a column");
    table.head = "pair";
    for (const auto& pair : pairs) {
        if (!pair.same_table(group) || pair.fraction != group.fraction) continue;
        table.lines.push_back({pair.a + " - " + pair.b, {}});
        for (std::size_t k = dice; k < dice + conventions.size(); ++k)
            table.lines.back().entries.push_back(
                pair.figures[k] ? difference_text(pair.figures[k]->difference, pair.figures[k]->holm) : "-");
    }
    return table;
}

} // namespace

std::string segmentation_legend(const std::vector<Table>& tables) {
    if (tables.empty()) return "";
    const auto signs = signs_of(tables);
    std::string text = legend;
    for (const auto& [sign, meaning] :
         {std::pair<Sign, std::string>{Sign::unfinished, "… is not finished yet."},
          {Sign::failed, "failed: `mlvicx-bench status` shows why."},
          {Sign::some_classes, "[a/b]: the mean is over a of b masks; no test image has the others."},
          {Sign::not_learned, not_learned_legend()},
          {Sign::chosen_on_test, stamp_legend(stamp::test_as_published)},
          {Sign::shared_patients, stamp_legend(stamp::shared_patients)}})
        if (signs.contains(sign)) text += "\n" + meaning + "\n";
    return text;
}

std::string segmentation_text(const std::vector<GridRow>& rows) {
    std::vector<Table> tables;
    for (const auto& group : groups_of(rows)) tables.push_back(means_table(group, "Dice", dice));
    return tables.empty() ? "" : tables_text(tables) + "\n" + segmentation_legend(tables);
}

std::vector<Table> segmentation_tables(const std::vector<GridRow>& rows, const std::vector<MethodPair>& pairs) {
    std::vector<Table> tables;
    for (const auto& group : groups_of(rows)) {
        tables.push_back(means_table(group, "Dice", dice));
        tables.push_back(means_table(group, "IoU", iou));
        tables.back().title += ": IoU";
        if (const auto* cell = group.finished()) tables.push_back(masks_table(group, *cell));
        if (auto table = pairs_table(group, pairs); !table.lines.empty()) tables.push_back(std::move(table));
    }
    return tables;
}

std::string segmentation_markdown(const std::vector<GridRow>& rows, const std::vector<MethodPair>& pairs) {
    const auto tables = segmentation_tables(rows, pairs);
    return tables.empty() ? ""
                          : tables_markdown(tables) + "\n" + segmentation_legend(tables) +
                                "\nMask by mask, with intervals and IoU: `-segmentation.csv`.\n";
}

} // namespace mlvicx
