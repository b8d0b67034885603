#include "experiments/evaluation/class_errors.h"

#include "experiments/evaluation/features.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

std::vector<ClassErrors> class_errors(const OpenDataset& data, const EvaluationOutcome& outcome) {
    const auto thresholds = thresholds_of(outcome.validation_scores, rows_of(data.labels, data.validation));
    const auto all_scores = outcome.test_scores.to(torch::kCPU, torch::kFloat32);
    const auto scores = all_scores.accessor<float, 2>();
    const auto labels = data.labels.accessor<std::int8_t, 2>();
    std::vector<ClassErrors> classes;
    for (std::size_t c = 0; c < data.classes.size(); ++c) {
        ClassErrors found{data.classes[c], thresholds[c], 0, 0, {}, {}};
        for (std::size_t i = 0; i < data.test.size(); ++i) {
            const auto column = static_cast<std::int64_t>(c);
            const auto label = labels[data.test[i]][column];
            if (label < 0) continue;
            ++(label == 1 ? found.positives : found.negatives);
            const ErrorImage image{data.test[i], scores[static_cast<std::int64_t>(i)][column]};
            const bool positive = image.score >= found.threshold.threshold;
            if (found.threshold.known && positive != (label == 1))
                (positive ? found.false_positives : found.false_negatives).push_back(image);
        }
        std::stable_sort(found.false_positives.begin(), found.false_positives.end(),
                         [](const ErrorImage& a, const ErrorImage& b) { return a.score > b.score; });
        std::stable_sort(found.false_negatives.begin(), found.false_negatives.end(),
                         [](const ErrorImage& a, const ErrorImage& b) { return a.score < b.score; });
        classes.push_back(std::move(found));
    }
    return classes;
}

} // namespace mlvicx
