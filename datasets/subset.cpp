#include "datasets/subset.h"

#include "core/error.h"
#include "core/random.h"
#include "datasets/split.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

/// Training patients in the order given by `seed`; a patient's position depends only on its id.
std::vector<std::size_t> patient_order(const PreparedDataset& dataset, const std::vector<std::int64_t>& train,
                                       std::uint64_t seed) {
    struct Place {
        std::uint64_t key;
        std::size_t patient;
    };
    std::vector<bool> seen(dataset.patient_ids().size(), false);
    std::vector<Place> places;
    for (const auto image : train) {
        const std::size_t patient = dataset.patient_index(image);
        if (seen[patient]) continue;
        seen[patient] = true;
        Random random(seed, Purpose::subset, 0, patient_key(dataset.patient_ids()[patient]));
        const std::uint64_t high = random.bits();
        places.push_back({high << 32 | random.bits(), patient});
    }
    const auto& ids = dataset.patient_ids();
    std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
        return a.key != b.key ? a.key < b.key : ids[a.patient] < ids[b.patient];
    });
    std::vector<std::size_t> order;
    for (const auto& place : places) order.push_back(place.patient);
    return order;
}

} // namespace

std::vector<std::int64_t> positives_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& images) {
    std::vector<std::int64_t> positives(dataset.classes().size(), 0);
    for (const auto image : images)
        for (std::size_t c = 0; c < positives.size(); ++c) positives[c] += dataset.labels(image)[c] == 1;
    return positives;
}

LabelSubset label_subset(const PreparedDataset& dataset, double amount, std::uint64_t seed) {
    const auto train = dataset.images_of(Split::train);
    const auto all = static_cast<double>(train.size());
    if (!(amount > 0) || (amount > 1 && amount > all))
        user_error(
            "label fraction or count {}: expected a fraction in (0, 1] or a number of images up to the {} of training",
            amount, train.size());
    if (train.empty()) user_error("{}: has no training images to take labels from", dataset.file().string());
    // Rounding error must not add an image beyond the fraction.
    const double wanted = std::max(1.0, amount <= 1 ? std::ceil(amount * all - 1e-6) : std::ceil(amount));

    std::vector<std::vector<std::int64_t>> images_of(dataset.patient_ids().size());
    for (const auto image : train) images_of[dataset.patient_index(image)].push_back(image);
    LabelSubset subset;
    for (const auto patient : patient_order(dataset, train, seed)) {
        if (static_cast<double>(subset.images.size()) >= wanted) break;
        subset.images.insert(subset.images.end(), images_of[patient].begin(), images_of[patient].end());
        ++subset.patients;
    }
    std::sort(subset.images.begin(), subset.images.end());
    subset.positives = positives_of(dataset, subset.images);
    return subset;
}

} // namespace mlvicx
