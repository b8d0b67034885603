#include "experiments/runner_segmentation.h"

#include "core/error.h"
#include "experiments/segmentation_sheet.h"
#include "experiments/test_films.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

SegmentationData data_of(const OpenDataset& data, const EvaluationTask& task, const LabelSubset& subset) {
    const PreparedDataset& dataset = *data.prepared;
    if (dataset.mask_names().empty())
        user_error("{}: it has no masks, which the protocol {} needs", dataset.file().string(), task.protocol);
    SegmentationData split;
    split.films = data.films;
    split.masks = data.masks;
    split.names = dataset.mask_names();
    split.train = subset.films;
    split.validation = dataset.films_of(Split::validation);
    split.test = dataset.films_of(Split::test);
    split.image_size = task.options.image_size;
    return split;
}

/// The test films with their masks as classes: 1 where a film has the mask.
FilmMetrics film_metrics(const PreparedDataset& dataset, const SegmentationData& split, const PixelCounts& counts) {
    FilmMetrics result;
    result.films = unlabelled_test_films(dataset, split.test, split.names);
    for (const float pixels : counts.truth) result.films.labels.push_back(pixels > 0 ? 1 : 0);
    result.metrics = {{"intersection", counts.intersection}, {"predicted", counts.predicted}, {"truth", counts.truth}};
    return result;
}

/// How many of the labelled films have each mask.
json::object labelled_masks(const SegmentationData& split) {
    json::object counts;
    for (std::size_t m = 0; m < split.names.size(); ++m) {
        std::int64_t films = 0;
        for (const auto film : split.train) films += split.masks[film][static_cast<std::int64_t>(m)].any().item<bool>();
        counts[split.names[m]] = films;
    }
    return counts;
}

void draw_sheet(const OpenDataset& data, const EvaluationTask& task, const SegmentationData& split,
                const SegmentationOutcome& outcome, Encoder& encoder) {
    const auto chosen = telling_films(outcome.test, split.names.size());
    if (chosen.empty())
        user_error("{}: no test film has a mask, so that there is nothing to draw", task.sheet.string());
    std::vector<std::int64_t> films;
    for (const auto place : chosen) films.push_back(split.test[place]);
    const auto scores = segment(encoder, *outcome.decoder, split.films, films, split.image_size, task.device,
                                precision_from(task.options.segmentation.precision, task.device));
    segmentation_sheet(
        data, split, outcome, scores, chosen,
        fmt::format("{}, {}: {} labelled films", data.prepared->dataset(), task.protocol, split.train.size()),
        task.sheet);
}

} // namespace

CellResult segment_dataset(const OpenDataset& data, const EvaluationTask& task, const LabelSubset& subset) {
    const auto split = data_of(data, task, subset);
    const auto encoder = task.encoder();
    const auto outcome =
        evaluate_segmentation(*encoder, split, task.options.segmentation, task.protocol == "segmentation_frozen",
                              static_cast<std::uint64_t>(task.seed), task.device);
    CellResult result;
    result.dataset_fingerprint = data.fingerprint();
    result.train_films = static_cast<std::int64_t>(subset.films.size());
    result.details = outcome.details;
    result.details["train_patients"] = subset.patients;
    result.details["train_masks"] = labelled_masks(split);
    result.curves = outcome.curves;
    result.film_metrics.push_back(film_metrics(*data.prepared, split, outcome.test));
    result.test = segmentation_tables(outcome.test, split.names);
    result.leakage = data.leakage;
    if (!task.sheet.empty()) draw_sheet(data, task, split, outcome, *encoder);
    return result;
}

} // namespace mlvicx
