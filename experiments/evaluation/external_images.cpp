#include "experiments/evaluation/external_images.h"

#include "experiments/evaluation/features.h"
#include "experiments/evaluation/test_images.h"

#include <torch/torch.h>

namespace mlvicx {

torch::Tensor labels_in_source(const ExternalImages& external, std::int64_t source_classes) {
    const auto labels = rows_of(external.target->labels, external.images);
    auto result = torch::full({labels.size(0), source_classes}, -1, torch::kInt8);
    for (const auto& [source, target] : external.classes)
        result.select(1, static_cast<std::int64_t>(source)).copy_(labels.select(1, static_cast<std::int64_t>(target)));
    return result;
}

ScoredImages scored_images(const ExternalImages& external, const std::vector<std::string>& source_classes) {
    std::vector<std::string> names;
    for (const auto& [source, target] : external.classes) names.push_back(source_classes[source]);
    const PreparedDataset& dataset = *external.target->prepared;
    auto scored = unlabelled_test_images(dataset, external.images, names);
    for (const auto image : external.images)
        for (const auto& [source, target] : external.classes) scored.labels.push_back(dataset.labels(image)[target]);
    return scored;
}

} // namespace mlvicx
