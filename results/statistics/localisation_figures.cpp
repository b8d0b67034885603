#include "results/statistics/localisation_figures.h"

#include "core/error.h"
#include "core/progress.h"
#include "results/statistics/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

namespace mlvicx {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The mean of the defined values, and its replicates.
struct Mean {
    double value = nan;
    Replicates replicates;
};

double mean_of_defined(std::span<const double> values) {
    double sum = 0, count = 0;
    for (const double value : values)
        if (!std::isnan(value)) {
            sum += value;
            ++count;
        }
    return count > 0 ? sum / count : nan;
}

/// How many images and patients have a box of class `c`; of any class if `c` is past the last.
std::pair<std::int64_t, std::int64_t> counted(const ScoredImages& images, const std::vector<double>& values,
                                              std::size_t c) {
    const std::size_t classes = images.classes.size();
    std::set<std::string> patients;
    std::int64_t count = 0;
    for (std::size_t image = 0; image < images.ids.size(); ++image) {
        bool any = false;
        for (std::size_t k = 0; k < classes; ++k)
            any = any || ((k == c || c == classes) && !std::isnan(values[image * classes + k]));
        if (!any) continue;
        ++count;
        patients.insert(images.patients[image]);
    }
    return {count, static_cast<std::int64_t>(patients.size())};
}

/// For each class, then the mean over classes. A class with images of only one patient has no replicates, because it
/// says nothing about other patients; then the mean over classes has none either.
std::vector<Mean> means_of(const ScoredImages& images, const std::vector<double>& values, const Resamples& resamples) {
    const std::size_t classes = images.classes.size();
    std::vector<Mean> means;
    std::vector<double> of_class;
    std::vector<Replicates> replicates;
    const Replicates none(resamples.count(), nan);
    bool all = true;
    for (std::size_t c = 0; c < classes; ++c) {
        const auto column = column_of<double>(values, c, classes);
        const auto patients = counted(images, values, c).second;
        all = all && patients != 1;
        means.push_back({mean_of_defined(column), patients > 1 ? mean_replicates(resamples, column) : none});
        of_class.push_back(means.back().value);
        replicates.push_back(means.back().replicates);
    }
    means.push_back({mean_of_defined(of_class), all ? mean_of(replicates) : none});
    return means;
}

/// The values of one metric, averaged over the evaluations that have it, and their image set.
struct Averaged {
    std::int64_t set = 0, evaluations = 0;
    std::vector<double> values;
};

Averaged averaged(Store& store, const GridCell& cell, const std::string& metric) {
    Averaged result;
    for (const auto& run : cell.runs) {
        const auto found = store.image_values(run.hash, metric);
        if (!found || (result.set != 0 && found->set != result.set)) continue; // other images: not the same figure
        if (result.set != 0 && found->values.size() != result.values.size())
            user_error("{}: job {} has {} values of {} for images of which another has {}", store.db().file().string(),
                       run.hash, found->values.size(), metric, result.values.size());
        result.set = found->set;
        result.values.resize(found->values.size(), 0);
        for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] += found->values[i];
        ++result.evaluations;
    }
    for (double& value : result.values) value /= static_cast<double>(result.evaluations);
    return result;
}

} // namespace

std::vector<LocalisationFigure> localisation_figures(const ScoredImages& images, const LocalisationValues& values,
                                                     const Resamples& resamples) {
    const std::size_t classes = images.classes.size();
    const auto& covered = values.at(area_metric);
    const auto area = means_of(images, covered, resamples);
    const auto with_boxes =
        std::count_if(area.begin(), area.end() - 1, [](const Mean& mean) { return !std::isnan(mean.value); });
    std::vector<LocalisationFigure> figures;
    for (const auto& metric : localisation_metrics) {
        const auto ours = means_of(images, values.at(metric.name), resamples);
        const auto centre = means_of(images, values.at(centre_prefix + metric.name), resamples);
        for (std::size_t k = 0; k <= classes; ++k) {
            const std::size_t c = k == 0 ? classes : k - 1; // the mean over classes comes first
            LocalisationFigure figure;
            figure.metric = metric.name;
            if (c < classes) figure.class_name = images.classes[c];
            std::tie(figure.images, figure.patients) = counted(images, covered, c);
            if (figure.images == 0) continue;
            figure.classes = c < classes ? 1 : with_boxes;
            figure.value = ours[c].value;
            figure.centre = centre[c].value;
            figure.interval = percentile_interval(ours[c].replicates);
            figure.centre_interval = percentile_interval(centre[c].replicates);
            figure.difference =
                paired_difference(ours[c].value, ours[c].replicates, centre[c].value, centre[c].replicates);
            figure.area = area[c].value;
            figures.push_back(std::move(figure));
        }
    }
    return figures;
}

std::vector<LocalisationRow> localisation(Store& store, const std::vector<GridRow>& rows) {
    std::map<std::int64_t, TestSet> sets;
    std::vector<LocalisationRow> result;
    Progress progress("intervals of heatmaps", std::ssize(rows), "rows");
    for (const auto& row : rows) {
        for (const auto& cell : row.cells) {
            const auto area = averaged(store, cell, area_metric);
            if (area.evaluations == 0) continue;
            if (!sets.contains(area.set)) sets.emplace(area.set, store.image_set(area.set));
            LocalisationValues values{{area_metric, area.values}};
            for (const auto& metric : localisation_metrics)
                for (const auto& name : {std::string(metric.name), centre_prefix + metric.name})
                    values[name] = averaged(store, cell, name).values;
            const auto& [images, resamples] = sets.at(area.set);
            result.push_back(
                {row, row.method, cell.fraction, area.evaluations, localisation_figures(images, values, resamples)});
        }
        progress.advance();
    }
    return result;
}

std::vector<MetricTable> localisation_tables(const ImageMetrics& metrics) {
    const auto& images = metrics.images;
    const std::size_t classes = images.classes.size();
    std::vector<MetricTable> tables;
    for (const auto& metric : metrics.metrics) {
        const std::vector<double> values(metric.values.begin(), metric.values.end());
        std::vector<MetricTable::Class> of_class;
        for (std::size_t c = 0; c < classes; ++c) {
            of_class.push_back({images.classes[c], {}, 0, 0});
            auto& entry = of_class.back();
            for (std::size_t i = c; i < images.labels.size(); i += classes)
                ++(images.labels[i] == 1 ? entry.positives : entry.negatives);
            if (entry.positives > 0) entry.value = mean_of_defined(column_of<double>(values, c, classes));
        }
        tables.push_back(metric_table(metric.metric, std::move(of_class)));
    }
    return tables;
}

} // namespace mlvicx
