#include "experiments/evaluation/segmentation_procedure.h"

#include "core/error.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/evaluation/segmentation.h"
#include "experiments/evaluation/test_images.h"
#include "experiments/figures/segmentation_sheet.h"
#include "experiments/figures/stored_picture.h"

#include <torch/torch.h>

#include <optional>

namespace mlvicx {

namespace {

/// The test images with their masks as classes: 1 if an image has the mask.
ImageMetrics image_metrics(const OpenDataset& data, const PixelCounts& counts) {
    ImageMetrics result;
    result.images = unlabelled_test_images(*data.prepared, data.test, data.mask_names);
    for (const float pixels : counts.truth) result.images.labels.push_back(pixels > 0 ? 1 : 0);
    result.metrics = {{"intersection", counts.intersection}, {"predicted", counts.predicted}, {"truth", counts.truth}};
    return result;
}

/// The number of labelled images that have each mask.
json::object labelled_masks(const OpenDataset& data) {
    json::object counts;
    for (std::size_t m = 0; m < data.mask_names.size(); ++m) {
        std::int64_t images = 0;
        for (const auto image : data.train)
            images += data.masks_of({image}, torch::kCPU)[0][static_cast<std::int64_t>(m)].any().item<bool>();
        counts[data.mask_names[m]] = images;
    }
    return counts;
}

/// The best, the median and the worst test image; none if no test image has a mask.
std::optional<Drawing> sheet_of(Evaluation& evaluation, const SegmentationOutcome& outcome, Precision precision) {
    const auto& data = evaluation.data;
    const auto& job = evaluation.job;
    const auto chosen = telling_images(outcome.test, data.mask_names.size());
    if (chosen.empty()) return {};
    std::vector<std::int64_t> images;
    for (const auto place : chosen) images.push_back(data.test[place]);
    const auto scores =
        segment(evaluation.encoder(), *outcome.decoder, data.images, images, evaluation.inference(precision));
    return segmentation_sheet(
        data, outcome, scores, chosen,
        fmt::format("{}, {}: {} labelled images", data.prepared->dataset(), job.protocol->name, data.train.size()));
}

JobResult evaluate(Evaluation& evaluation, const SegmentationOptions& options, bool frozen) {
    const auto& data = evaluation.data;
    const auto& job = evaluation.job;
    if (data.mask_names.empty())
        user_error("{}: has no masks, which the protocol {} needs", data.prepared->file().string(), job.protocol->name);
    const auto outcome = evaluate_segmentation(evaluation.encoder(), data, options, frozen, evaluation.run());
    JobResult result = evaluation.begin_result(outcome.details, outcome.curves);
    result.seconds = outcome.seconds_before;
    result.details["train_masks"] = labelled_masks(data);
    result.image_metrics.push_back(image_metrics(data, outcome.test));
    result.test = segmentation_tables(outcome.test, data.mask_names);
    if (job.sheet.empty() && !job.pictures) return result;
    const auto sheet = sheet_of(evaluation, outcome, precision_from(options.precision, job.device));
    if (!job.sheet.empty()) {
        if (!sheet) user_error("{}: no test image has a mask, so there is nothing to draw", job.sheet.string());
        sheet->save(job.sheet);
    }
    if (job.pictures && sheet)
        result.pictures.push_back(stored_picture("segmentation",
                                                 "The best, median and worst test image by Dice, with the true masks "
                                                 "as outlines and the predicted ones as tints.",
                                                 *sheet));
    return result;
}

} // namespace

Procedure segmentation_procedure(bool frozen) {
    TypedProcedure<SegmentationOptions> segmentation;
    segmentation.task = Task::segmentation;
    segmentation.linear_head = false;
    segmentation.fields = [](Fields& f, SegmentationOptions& options) { fields(f, options); };
    segmentation.identity = [](SegmentationOptions options, const torch::Device& device) {
        options.precision = name_of(precision_from(options.precision, device));
        return json::object{{"options", resolved([&](Fields& f) { fields(f, options); })}};
    };
    segmentation.evaluate = [frozen](Evaluation& evaluation, const SegmentationOptions& options) {
        return evaluate(evaluation, options, frozen);
    };
    return segmentation.untyped();
}

} // namespace mlvicx
