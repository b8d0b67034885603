#include "experiments/evaluation/linear_probe.h"

#include "core/error.h"
#include "core/progress.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/evaluation/logistic.h"
#include "methods/pretrain/diagnostics.h"

#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace mlvicx {

void fields(Fields& f, LinearProbeOptions& options) {
    f.field("l2", options.l2, above(0));
    f.field("iterations", options.iterations, at_least(1));
}

EvaluationOutcome evaluate_linear_probe(const torch::Tensor& features, const OpenDataset& data,
                                        const LinearProbeOptions& options, Precision precision) {
    if (options.l2.empty()) user_error("the linear probe's list \"l2\" is empty; expected at least one strength");
    if (data.train.empty()) user_error("the linear probe has no labelled image to learn from");
    const torch::NoGradGuard no_grad;
    auto train = rows_of(features, data.train);
    const auto labels = rows_of(data.labels, data.train).to(features.device());
    const auto mean = train.mean(0);
    const auto deviation = train.std(0, false);
    // A dead feature carries no information here. Elsewhere it may vary, and must not be divided by its tiny variation
    // here.
    const auto varies = varying_features(train, precision);
    const auto scale = torch::where(varies, 1 / deviation, torch::zeros_like(deviation));
    // In place: what rows_of gives is a copy, and gigabytes for a million images.
    const auto standardise = [&](const torch::Tensor& rows) { return rows.sub_(mean).mul_(scale); };
    const auto validation = standardise(rows_of(features, data.validation));
    const auto validation_labels = rows_of(data.labels, data.validation);
    const auto scores = [](const torch::Tensor& rows, const LogisticFit& fit) {
        return torch::sigmoid(rows.mm(fit.weight) + fit.bias);
    };

    standardise(train);
    LogisticRegression regression(std::move(train), labels);
    auto strengths = options.l2;
    std::sort(strengths.begin(), strengths.end(), std::greater<>()); // each starts where the stronger one ended
    LogisticFit best;
    std::optional<double> best_auc;
    double best_l2 = 0;
    json::array path;
    Progress progress("linear probe", std::ssize(strengths), "strengths");
    for (const double l2 : strengths) {
        const auto fit = regression.fit(l2, options.iterations);
        progress.advance();
        const auto auc = auc_of(scores(validation, fit), validation_labels, data.classes).mean;
        json::object step{{"l2", l2}, {"iterations", fit.iterations}, {"gradient", fit.gradient}};
        step[data.chosen_on + "_auc"] = auc ? json::value(*auc) : json::value();
        path.push_back(step);
        if (best_l2 != 0 && !(auc && *auc > *best_auc)) continue;
        best = fit;
        best_auc = auc;
        best_l2 = l2;
    }

    EvaluationOutcome outcome;
    outcome.validation_scores = scores(validation, best).cpu();
    outcome.test_scores = scores(standardise(rows_of(features, data.test)), best).cpu();
    const TrainedHead trained{best.weight.t().contiguous(), best.bias, mean, scale};
    const auto raw = trained.linear(); // of raw features
    outcome.trained = {trained.weight.cpu(), trained.bias.cpu(), mean.cpu(), scale.cpu()};
    outcome.head = {raw.weight.cpu(), raw.bias.cpu()};
    json::array untrained;
    for (std::size_t c = 0; c < data.classes.size(); ++c)
        if (!regression.trained()[static_cast<std::int64_t>(c)].item<bool>())
            untrained.push_back(json::value(data.classes[c]));
    outcome.details["l2"] = best_l2;
    outcome.details["chosen_by"] =
        best_auc ? data.chosen_on + " AUC" : fmt::format("strongest (no {} AUC is defined)", data.chosen_on);
    outcome.details[data.chosen_on + "_auc"] = best_auc ? json::value(*best_auc) : json::value();
    outcome.details["path"] = path;
    outcome.details["classes_without_both_values"] = untrained;
    count_features(varies, outcome.details);
    outcome.precision = precision;
    return outcome;
}

Procedure linear_probe_procedure() {
    TypedProcedure<LinearProbeOptions> probe;
    probe.needs = ProtocolNeeds::features;
    probe.fields = [](Fields& f, LinearProbeOptions& options) { fields(f, options); };
    probe.evaluate = [](Evaluation& evaluation, const LinearProbeOptions& options) {
        return classification_result(evaluation, evaluate_linear_probe(evaluation.features(), evaluation.data, options,
                                                                       evaluation.feature_precision()));
    };
    return probe.untyped();
}

} // namespace mlvicx
