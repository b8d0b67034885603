#include "results/statistics/subgroups.h"

#include "core/progress.h"
#include "results/metrics/metrics.h"
#include "results/statistics/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace mlvicx {

namespace {

/// A value of a subgroup, and the same in each resample.
struct Estimate {
    std::optional<double> value;
    Replicates replicates;
};

/// The AUC of each class in a subgroup, averaged over the evaluations.
std::vector<Estimate> estimates_of(const Subgroup& group, const std::vector<std::vector<float>>& evaluations,
                                   const TestSet& set) {
    const std::size_t classes = set.images.classes.size();
    std::vector<Estimate> estimates(classes);
    std::vector<std::vector<Replicates>> resampled;
    std::vector<MetricTable> tables;
    for (const auto& scores : evaluations) {
        resampled.push_back(auc_replicates(set.resamples, scores, group.labels, classes));
        tables.push_back(auc_table(scores, group.labels, set.images.classes));
    }
    for (std::size_t c = 0; c < classes; ++c) {
        if (!tables.front().classes[c].value) continue; // depends on labels only, so for every evaluation
        double sum = 0;
        std::vector<Replicates> rows;
        for (std::size_t i = 0; i < tables.size(); ++i) {
            sum += *tables[i].classes[c].value;
            rows.push_back(std::move(resampled[i][c]));
        }
        estimates[c].value = sum / static_cast<double>(tables.size());
        // One patient says nothing about others.
        estimates[c].replicates = group.patients > 1
                                      ? mean_of(rows)
                                      : Replicates(set.resamples.count(), std::numeric_limits<double>::quiet_NaN());
    }
    return estimates;
}

/// The unweighted mean of those that are defined.
Estimate mean_estimate(const std::vector<Estimate>& estimates) {
    Estimate mean;
    std::vector<Replicates> rows;
    double sum = 0;
    for (const auto& estimate : estimates)
        if (estimate.value) {
            sum += *estimate.value;
            rows.push_back(estimate.replicates);
        }
    if (rows.empty()) return mean;
    mean.value = sum / static_cast<double>(rows.size());
    mean.replicates = mean_of(rows);
    return mean;
}

std::int64_t defined_in(const std::vector<Estimate>& estimates) {
    return std::count_if(estimates.begin(), estimates.end(), [](const Estimate& e) { return e.value.has_value(); });
}

SubgroupAuc shown(std::string class_name, std::int64_t defined, const Estimate& estimate) {
    return {std::move(class_name), defined, {}, {}, estimate.value, percentile_interval(estimate.replicates)};
}

SubgroupFigures figures_of(const Subgroup& group, const std::vector<Estimate>& estimates, const ScoredImages& images) {
    SubgroupFigures figures{group.group, group.images, group.patients, {}};
    figures.aucs.push_back(shown("", defined_in(estimates), mean_estimate(estimates)));
    const std::size_t classes = images.classes.size();
    for (std::size_t c = 0; c < classes; ++c) {
        auto& auc = figures.aucs.emplace_back(shown(images.classes[c], estimates[c].value.has_value(), estimates[c]));
        const auto column = column_of<std::int8_t>(group.labels, c, classes);
        auc.positives = std::count(column.begin(), column.end(), 1);
        auc.negatives = std::count(column.begin(), column.end(), 0);
    }
    return figures;
}

/// a - b for each class that both define.
std::vector<Estimate> differences_of(const std::vector<Estimate>& a, const std::vector<Estimate>& b) {
    std::vector<Estimate> differences(a.size());
    for (std::size_t c = 0; c < a.size(); ++c)
        if (a[c].value && b[c].value)
            differences[c] = {*a[c].value - *b[c].value, difference_of(a[c].replicates, b[c].replicates)};
    return differences;
}

/// The subgroups of one attribute with the differences of each pair.
struct Divided {
    struct Pair {
        std::string a, b;
        std::vector<Estimate> classes; ///< a - b
    };
    std::vector<Pair> pairs;

    /// Of class `c`; of the mean over classes without one.
    std::optional<SubgroupGap> largest_gap(std::optional<std::size_t> c, const std::string& class_name) const {
        std::optional<SubgroupGap> largest;
        for (const auto& [a, b, classes] : pairs) {
            const Estimate difference = c ? classes[*c] : mean_estimate(classes);
            if (!difference.value) continue;
            auto interval = percentile_interval(difference.replicates);
            const double size = std::abs(*difference.value);
            const bool flipped = *difference.value < 0;
            if (largest &&
                std::pair(interval.has_value(), size) <= std::pair(largest->interval.has_value(), largest->value))
                continue;
            if (flipped && interval) interval = Interval{-interval->high, -interval->low, interval->resamples};
            largest = {class_name, flipped ? b : a, flipped ? a : b, c ? 1 : defined_in(classes), size, interval};
        }
        return largest;
    }
};

AttributeFigures figures_of(std::span<const Subgroup> groups, const std::vector<std::vector<float>>& evaluations,
                            const TestSet& set) {
    AttributeFigures figures{groups.front().attribute, static_cast<std::int64_t>(set.images.ids.size()), {}, {}};
    std::vector<std::vector<Estimate>> estimates;
    for (const auto& group : groups) {
        estimates.push_back(estimates_of(group, evaluations, set));
        figures.groups.push_back(figures_of(group, estimates.back(), set.images));
        figures.unknown -= group.images;
    }
    Divided divided;
    const auto counts = [&](std::size_t g) { return groups[g].patients >= fewest_patients_of_gap; };
    for (std::size_t a = 0; a < groups.size(); ++a)
        for (std::size_t b = a + 1; b < groups.size(); ++b)
            if (counts(a) && counts(b))
                divided.pairs.push_back({groups[a].group, groups[b].group, differences_of(estimates[a], estimates[b])});
    if (auto gap = divided.largest_gap({}, "")) figures.gaps.push_back(std::move(*gap));
    for (std::size_t c = 0; c < set.images.classes.size(); ++c)
        if (auto gap = divided.largest_gap(c, set.images.classes[c])) figures.gaps.push_back(std::move(*gap));
    return figures;
}

/// The cell of a row at the largest fraction that has evaluations on one set of images; nullptr if there is none.
const GridCell* shown_cell(const GridRow& row) {
    if (row.task != Task::classification) return nullptr;
    const auto found = std::find_if(row.cells.rbegin(), row.cells.rend(),
                                    [](const GridCell& cell) { return !cell.runs.empty() && cell.image_set != 0; });
    return found == row.cells.rend() ? nullptr : &*found;
}

SubgroupRow row_of(Store& store, const GridRow& row, const GridCell& cell, const TestSet& set,
                   const std::vector<Subgroup>& groups) {
    SubgroupRow result{row,
                       row.method,
                       cell.fraction,
                       std::ssize(cell.runs),
                       cell.image_set,
                       cell.test_images,
                       cell.test_patients,
                       std::ssize(set.images.classes),
                       {}};
    std::vector<std::vector<float>> evaluations;
    for (const auto& run : cell.runs) evaluations.push_back(store.scores(run.hash, set.images));
    for (auto begin = groups.begin(); begin != groups.end();) {
        const auto end =
            std::find_if(begin, groups.end(), [&](const Subgroup& g) { return g.attribute != begin->attribute; });
        result.attributes.push_back(figures_of({begin, end}, evaluations, set));
        begin = end;
    }
    return result;
}

} // namespace

std::vector<Subgroup> subgroups_of(const ScoredImages& images) {
    std::vector<Subgroup> result;
    const std::size_t classes = images.classes.size();
    for (const auto& attribute : images.attributes) {
        const auto names = subgroups_of(attribute);
        if (names.size() < 2) continue;
        for (const auto& name : names) {
            Subgroup group{attribute.name, name, 0, 0, std::vector<std::int8_t>(images.labels.size(), -1)};
            std::set<std::string_view> patients;
            for (std::size_t i = 0; i < images.ids.size(); ++i) {
                if (subgroup_of(attribute.name, attribute.values[i]) != name) continue;
                ++group.images;
                patients.insert(images.patients[i]);
                const auto first = static_cast<std::ptrdiff_t>(i * classes);
                std::copy_n(images.labels.begin() + first, classes, group.labels.begin() + first);
            }
            group.patients = std::ssize(patients);
            result.push_back(std::move(group));
        }
    }
    return result;
}

std::vector<MetricTable> subgroup_metrics(const ScoredImages& images, std::span<const float> scores) {
    std::vector<MetricTable> tables;
    for (const auto& group : subgroups_of(images)) {
        tables.push_back(auc_table(scores, group.labels, images.classes));
        tables.back().metric += "/" + group.attribute + "=" + group.group;
    }
    return tables;
}

std::vector<SubgroupRow> subgroups(Store& store, const std::vector<GridRow>& rows) {
    std::map<std::int64_t, std::vector<std::size_t>> by_set; // one set's resamples in memory at a time
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (const auto* cell = shown_cell(rows[i])) by_set[cell->image_set].push_back(i);
    std::map<std::size_t, SubgroupRow> found;
    Progress progress("subgroups", std::ssize(rows), "rows");
    for (const auto& [id, places] : by_set) {
        auto images = store.image_set(id);
        const auto groups = subgroups_of(images);
        if (!groups.empty()) {
            const TestSet set(std::move(images));
            for (const auto place : places) {
                found.emplace(place, row_of(store, rows[place], *shown_cell(rows[place]), set, groups));
                progress.advance();
            }
        }
    }
    std::vector<SubgroupRow> result;
    for (auto& [place, row] : found) result.push_back(std::move(row));
    return result;
}

} // namespace mlvicx
