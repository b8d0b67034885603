#pragma once

#include "results/metrics/localisation.h"
#include "results/statistics/comparison.h"
#include "results/statistics/grid.h"

#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// One figure of heatmaps against boxes: the mean over the images that have a box of the class, or the mean of that
/// over classes.
struct LocalisationFigure {
    std::string metric, class_name;                     ///< class_name empty: the unweighted mean over classes
    std::int64_t images = 0, patients = 0, classes = 0; ///< averaged over; images of several classes count once
    double value = 0, centre = 0;                       ///< of the heatmaps, and of the centre prior
    std::optional<Interval> interval, centre_interval;  ///< 95 %, over patients
    Difference difference;                              ///< value - centre, paired
    double area = 0;                                    ///< mean fraction of the image that the boxes cover
};

/// Values [images, classes] by the metric's name; NaN where an image has no box of the class.
using LocalisationValues = std::map<std::string, std::vector<double>>;

/// For each metric the mean over classes and then each class. `values` has the metrics, those of the centre prior and
/// the area; `resamples` resample the images' patients.
std::vector<LocalisationFigure> localisation_figures(const ScoredImages& images, const LocalisationValues& values,
                                                     const Resamples& resamples);

/// A method under one protocol at one fraction.
struct LocalisationRow : TableKey {
    std::string method;
    double fraction = 0;
    std::int64_t evaluations = 0; ///< number of seeds and draws; an image's value is the mean over them
    std::vector<LocalisationFigure> figures;
};

/// For the grid's cells that have localisation scores, in the grid's order.
std::vector<LocalisationRow> localisation(Store& store, const std::vector<GridRow>& rows);

/// The rows stored in `metrics`: means per class over the images that have a box of it, and over classes. positives and
/// negatives count the images with and without a box.
std::vector<MetricTable> localisation_tables(const ImageMetrics& metrics);

} // namespace mlvicx
