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
    return scored;
}

} // namespace mlvicx
