#include "experiments/evaluation/knn.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "experiments/evaluation/evaluation.h"
#include "methods/pretrain/diagnostics.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

void fields(Fields& f, KnnOptions& options) {
    f.field("k", options.k, at_least(1));
    f.field("temperature", options.temperature, at_least(0.01)); // below this, weights leave the range of double
}

namespace {

using torch::Tensor;

Tensor unit(const Tensor& rows) {
    return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

/// Each class's fraction among the labelled images; one half if no label is known.
Tensor priors(const Tensor& labels) {
    const auto known = (labels >= 0).sum(0).to(torch::kFloat64), positive = (labels == 1).sum(0).to(torch::kFloat64);
    return torch::where(known > 0, positive / known.clamp_min(1), torch::full_like(known, 0.5));
}

} // namespace

std::vector<Tensor> knn_scores(const Tensor& train, const Tensor& labels, const Tensor& queries,
                               const std::vector<std::int64_t>& ks, double temperature, std::int64_t batch) {
    const torch::NoGradGuard no_grad;
    const auto n = train.size(0), classes = labels.size(1);
    ensure(!ks.empty() && ks.front() >= 1 && std::is_sorted(ks.begin(), ks.end()) && ks.back() <= n,
           "knn_scores: numbers of neighbours ascend from 1 to the labelled images");
    if (batch == 0) batch = std::clamp<std::int64_t>((std::int64_t{32} << 20) / n, 1, 1024);
    const auto columns = unit(train).t();
    const auto known = (labels >= 0).to(torch::kFloat64), positive = (labels == 1).to(torch::kFloat64);
    const auto prior = priors(labels);
    std::vector<Tensor> scores;
    for (std::size_t i = 0; i < ks.size(); ++i)
        scores.push_back(torch::empty({queries.size(0), classes}, queries.options()));
    Progress progress("nearest neighbours", queries.size(0), "images");
    for (std::int64_t begin = 0; begin < queries.size(0); begin += batch) {
        if (interrupted()) throw Interrupted{};
        const auto size = std::min(batch, queries.size(0) - begin);
        const auto [similar, nearest] = unit(queries.narrow(0, begin, size)).mm(columns).topk(ks.back(), 1);
        // Only ratios of weights matter: the nearest neighbour has weight 1, so none overflows.
        const auto weight = torch::exp((similar - similar.narrow(1, 0, 1)).to(torch::kFloat64) / temperature);
        const auto sums = [&](const Tensor& of) { // [size, K, C]: over the nearest, the two nearest, ...
            const auto rows = of.index_select(0, nearest.flatten()).view({size, ks.back(), classes});
            return (rows * weight.unsqueeze(2)).cumsum(1);
        };
        const auto all = sums(known), votes = sums(positive);
        for (std::size_t i = 0; i < ks.size(); ++i) {
            const auto sum = all.select(1, ks[i] - 1);
            const auto share = votes.select(1, ks[i] - 1) / sum;
            scores[i].narrow(0, begin, size).copy_(torch::where(sum > 0, share, prior.expand_as(sum)));
        }
        progress.advance(size);
    }
    return scores;
}

EvaluationOutcome evaluate_knn(const Tensor& features, const OpenDataset& data, const KnnOptions& options,
                               Precision precision) {
    if (options.k.empty()) user_error("the list \"k\" of nearest neighbours is empty; expected at least one number");
    if (data.train.empty()) user_error("nearest neighbours: there is no labelled image to compare with");
    const auto train = rows_of(features, data.train), labels = rows_of(data.labels, data.train).to(features.device());
    std::vector<std::int64_t> ks;
    for (const auto k : options.k) ks.push_back(std::min(k, train.size(0)));
    std::sort(ks.begin(), ks.end());
    ks.erase(std::unique(ks.begin(), ks.end()), ks.end());

    const auto varying = varying_features(train, precision);
    const bool alike = !varying.any().item<bool>();
    const auto scores_of = [&](const std::vector<std::int64_t>& images, const std::vector<std::int64_t>& of) {
        const auto queries = rows_of(features, images);
        if (!alike) return knn_scores(train, labels, queries, of, options.temperature);
        return std::vector<Tensor>(of.size(),
                                   priors(labels).to(torch::kFloat32).expand({queries.size(0), labels.size(1)}));
    };
    const auto validation = scores_of(data.validation, ks);
    const auto validation_labels = rows_of(data.labels, data.validation);
    std::optional<double> best_auc;
    std::size_t best = ks.size() - 1;
    json::array path;
    for (std::size_t i = ks.size(); i-- > 0;) {
        const auto auc = auc_of(validation[i], validation_labels, data.classes).mean;
        json::object step{{"k", ks[i]}};
        step[data.chosen_on + "_auc"] = auc ? json::value(*auc) : json::value();
        path.push_back(step);
        if (!auc || (best_auc && *auc <= *best_auc)) continue;
        best = i;
        best_auc = auc;
    }
    EvaluationOutcome outcome;
    outcome.validation_scores = validation[best].cpu();
    outcome.test_scores = scores_of(data.test, {ks[best]}).front().cpu();
    outcome.details["k"] = ks[best];
    outcome.details["chosen_by"] =
        best_auc ? data.chosen_on + " AUC" : fmt::format("largest (no {} AUC is defined)", data.chosen_on);
    outcome.details[data.chosen_on + "_auc"] = best_auc ? json::value(*best_auc) : json::value();
    outcome.details["path"] = path;
    count_features(varying, outcome.details);
    outcome.precision = precision;
    return outcome;
}

Procedure knn_procedure() {
    TypedProcedure<KnnOptions> knn;
    knn.needs = ProtocolNeeds::features;
    knn.linear_head = false;
    knn.fields = [](Fields& f, KnnOptions& options) { fields(f, options); };
    knn.evaluate = [](Evaluation& evaluation, const KnnOptions& options) {
        return classification_result(
            evaluation, evaluate_knn(evaluation.features(), evaluation.data, options, evaluation.feature_precision()));
    };
    return knn.untyped();
}

} // namespace mlvicx
