#include "experiments/evaluation/test_films.h"

namespace mlvicx {

ScoredFilms unlabelled_test_films(const PreparedDataset& dataset, const std::vector<std::int64_t>& films,
                                  std::vector<std::string> classes) {
    ScoredFilms scored;
    scored.fingerprint = dataset.fingerprint();
    scored.split = name_of(Split::test);
    scored.classes = std::move(classes);
    for (const auto film : films) {
        scored.ids.push_back(dataset.id(film));
        scored.patients.push_back(dataset.patient(film));
    }
    return scored;
}

} // namespace mlvicx
