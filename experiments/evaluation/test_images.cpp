#include "experiments/evaluation/test_images.h"

namespace mlvicx {

ScoredImages unlabelled_test_images(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                                    std::vector<std::string> classes) {
    ScoredImages scored;
    scored.fingerprint = dataset.fingerprint();
    scored.split = name_of(Split::test);
    scored.classes = std::move(classes);
    for (const auto image : images) {
        scored.ids.push_back(dataset.id(image));
        scored.patients.push_back(dataset.patient(image));
    }
    for (const auto& attribute : dataset.attributes()) {
        scored.attributes.push_back({attribute.name, {}});
        for (const auto image : images)
            scored.attributes.back().values.push_back(attribute.values[static_cast<std::size_t>(image)]);
    }
    return scored;
}

} // namespace mlvicx
