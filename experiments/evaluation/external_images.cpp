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
    std::vector<std::int64_t> columns;
    for (const auto& [source, target] : external.classes) {
        names.push_back(source_classes[source]);
        columns.push_back(static_cast<std::int64_t>(target));
    }
    auto scored = unlabelled_test_images(*external.target->prepared, external.images, names);
    const auto labels = rows_of(external.target->labels, external.images)
                            .index_select(1, torch::tensor(columns, torch::kInt64))
                            .contiguous();
    scored.labels.assign(labels.data_ptr<std::int8_t>(), labels.data_ptr<std::int8_t>() + labels.numel());
    return scored;
}

} // namespace mlvicx
