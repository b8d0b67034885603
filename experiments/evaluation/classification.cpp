#include "experiments/evaluation/classification.h"

#include "experiments/evaluation/evaluation.h"
#include "experiments/evaluation/heatmap_scores.h"
#include "experiments/evaluation/test_images.h"
#include "experiments/figures/heatmap_sheet.h"
#include "experiments/figures/stored_picture.h"
#include "results/metrics/classification.h"
#include "results/statistics/localisation_figures.h"
#include "results/statistics/subgroups.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

torch::Tensor TrainedHead::scores(const torch::Tensor& features) const {
    const torch::NoGradGuard no_grad;
    if (!mean.defined()) return torch::sigmoid(torch::linear(features, weight, bias));
    return torch::sigmoid(((features - mean) * scale).mm(weight.t().contiguous()) + bias);
}

LinearHead TrainedHead::linear() const {
    if (!mean.defined()) return {weight, bias};
    const auto wide = weight.t().contiguous().to(torch::kFloat64) * scale.to(torch::kFloat64).unsqueeze(1);
    return {wide.t().to(torch::kFloat32).contiguous(),
            (bias - mean.to(torch::kFloat64).matmul(wide)).to(torch::kFloat32)};
}

MetricTable auc_of(const torch::Tensor& scores, const torch::Tensor& labels, const std::vector<std::string>& classes) {
    const auto s = scores.to(torch::kFloat32).cpu().contiguous();
    const auto l = labels.to(torch::kInt8).cpu().contiguous();
    return auc_table({s.data_ptr<float>(), static_cast<std::size_t>(s.numel())},
                     {l.data_ptr<std::int8_t>(), static_cast<std::size_t>(l.numel())}, classes);
}

namespace {

std::vector<float> flat(const torch::Tensor& scores) {
    const auto plain = scores.to(torch::kCPU, torch::kFloat32).contiguous();
    return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

ScoredImages scored_images(const OpenDataset& data) {
    auto scored = unlabelled_test_images(*data.prepared, data.test, data.classes);
    const auto labels = rows_of(data.labels, data.test).contiguous();
    scored.labels.assign(labels.data_ptr<std::int8_t>(), labels.data_ptr<std::int8_t>() + labels.numel());
    return scored;
}

/// How many labelled images have each class that counts.
json::object labelled_positives(const OpenDataset& data) {
    const auto counts = (rows_of(data.labels, data.train) == 1).sum(0);
    json::object positives;
    for (std::size_t c = 0; c < data.classes.size(); ++c)
        positives[data.classes[c]] = counts[static_cast<std::int64_t>(c)].item<std::int64_t>();
    return positives;
}

/// The outputs of the head for the classes that have boxes.
std::vector<std::int64_t> outputs_of(const BoxedImages& boxed, const OpenDataset& data) {
    std::vector<std::int64_t> outputs;
    for (const auto label : boxed.classes) {
        const auto& name = data.prepared->classes()[static_cast<std::size_t>(label)];
        outputs.push_back(std::find(data.classes.begin(), data.classes.end(), name) - data.classes.begin());
    }
    return outputs;
}

/// Scores heatmaps of the test images that have boxes.
void add_localisation(Evaluation& evaluation, const EvaluationOutcome& outcome, JobResult& result) {
    const auto& data = evaluation.data;
    const auto boxed = boxed_images(*data.prepared, data.classes);
    if (boxed.images.empty()) return;
    const auto& options = evaluation.job.options.heatmaps;
    const auto maps =
        heatmaps(evaluation.encoder(), outcome.head, data.images,
                 {boxed.images, outputs_of(boxed, data), options.layer}, evaluation.inference(outcome.precision));
    result.image_metrics.push_back(score_heatmaps(*data.prepared, boxed, maps, options.tolerance));
    const auto tables = localisation_tables(result.image_metrics.back());
    result.test.insert(result.test.end(), tables.begin(), tables.end());
    result.details["heatmaps"] = {{"pixels", maps.size(2)}, {"without_heat", flat_maps(boxed, maps)}};
}

/// A few of the test images with a box (or a finding) under their heatmaps.
void add_heatmap_picture(Evaluation& evaluation, const EvaluationOutcome& outcome, JobResult& result) {
    constexpr std::size_t rows = 4;
    const auto& data = evaluation.data;
    const auto& options = evaluation.job.options.heatmaps;
    const auto shown = shown_images(*data.prepared, rows);
    if (shown.empty()) return;
    const auto title = fmt::format("{}, {}: Grad-CAM at map {} of 5", data.prepared->dataset(),
                                   evaluation.job.protocol->name, options.layer);
    const auto maps = shown_maps(evaluation.encoder(), outcome.head, data.images, shown, options.layer,
                                 evaluation.inference(outcome.precision));
    const auto scores = shown_scores(shown, result.scores, data.test, data.classes.size());
    result.pictures.push_back(stored_picture(
        "heatmaps", "Test images with their boxes, and Grad-CAM of the boxed finding over them (yellow: hottest).",
        heatmap_sheet(*data.prepared, shown, {{"Grad-CAM", maps, scores}}, options.tolerance, title)));
}

} // namespace

JobResult classification_result(Evaluation& evaluation, const EvaluationOutcome& outcome) {
    const auto& data = evaluation.data;
    const auto& job = evaluation.job;
    JobResult result = evaluation.begin_result(outcome.details, outcome.curves);
    result.seconds = outcome.seconds_before;
    result.details["train_positives"] = labelled_positives(data);
    if (data.chosen_on == name_of(Split::validation))
        result.validation = {auc_of(outcome.validation_scores, rows_of(data.labels, data.validation), data.classes)};
    if (job.external) {
        std::vector<std::int64_t> tested;
        for (const auto& [source, target] : job.external->classes) tested.push_back(static_cast<std::int64_t>(source));
        result.scores = flat(outcome.test_scores.index_select(1, torch::tensor(tested, torch::kInt64)));
        result.scored = scored_images(*job.external, data.classes);
    } else {
        result.scores = flat(outcome.test_scores);
        result.scored = scored_images(data);
    }
    result.test = classification_tables(result.scores, result.scored->labels, result.scored->classes);
    const auto subgroups = subgroup_metrics(*result.scored, result.scores);
    result.test.insert(result.test.end(), subgroups.begin(), subgroups.end());
    if (job.classified) job.classified(data, outcome);
    const bool network = job.encoder && !job.given && !job.external && !job.shuffled; // whose heatmaps are worth a look
    if (!job.protocol->procedure.linear_head || !network) return result;
    if (job.options.heatmaps.on) add_localisation(evaluation, outcome, result);
    if (job.options.heatmaps.on && job.pictures) add_heatmap_picture(evaluation, outcome, result);
    if (job.inspect) job.inspect(evaluation.encoder(), outcome, evaluation.inference(outcome.precision));
    return result;
}

} // namespace mlvicx
