#include "datasets/subset.h"

#include "core/error.h"
#include "core/random.h"
#include "datasets/split.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

/// What a subset is for: each has its own order of patients.
enum class Use : std::uint32_t { labels, pretraining };

/// The images' patients in the order given by `seed`; a patient's position depends only on its id.
std::vector<std::size_t> patient_order(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                                       std::uint64_t seed, Use use) {
    struct Place {
        std::uint64_t key;
        std::size_t patient;
    };
    std::vector<bool> seen(dataset.patient_ids().size(), false);
    std::vector<Place> places;
    for (const auto image : images) {
        const std::size_t patient = dataset.patient_index(image);
        if (seen[patient]) continue;
        seen[patient] = true;
        Random random(seed, Purpose::subset, static_cast<std::uint32_t>(use),
                      patient_key(dataset.patient_ids()[patient]));
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

/// Images and patients of a subset; the rest of LabelSubset stays empty.
LabelSubset take_patients(const PreparedDataset& dataset, const std::vector<std::int64_t>& images, double amount,
                          std::uint64_t seed, Use use) {
    const auto wanted = images_wanted(amount, static_cast<std::int64_t>(images.size()));
    std::vector<std::vector<std::int64_t>> images_of(dataset.patient_ids().size());
    for (const auto image : images) images_of[dataset.patient_index(image)].push_back(image);
    LabelSubset subset;
    for (const auto patient : patient_order(dataset, images, seed, use)) {
        if (static_cast<std::int64_t>(subset.images.size()) >= wanted) break;
        subset.images.insert(subset.images.end(), images_of[patient].begin(), images_of[patient].end());
        ++subset.patients;
    }
    std::sort(subset.images.begin(), subset.images.end());
    return subset;
}

} // namespace

std::vector<std::int64_t> positives_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& images) {
    std::vector<std::int64_t> positives(dataset.classes().size(), 0);
    for (const auto image : images)
        for (std::size_t c = 0; c < positives.size(); ++c) positives[c] += dataset.labels(image)[c] == 1;
    return positives;
}

std::int64_t images_wanted(double amount, std::int64_t all) {
    // Rounding error must not add an image beyond the fraction.
    const double wanted = std::ceil(amount <= 1 ? amount * static_cast<double>(all) - 1e-6 : amount);
    return static_cast<std::int64_t>(std::max(1.0, wanted));
}

LabelSubset label_subset(const PreparedDataset& dataset, double amount, std::uint64_t seed) {
    const auto train = dataset.images_of(Split::train);
    const auto all = static_cast<double>(train.size());
    if (!(amount > 0) || (amount > 1 && amount > all))
        user_error(
            "label fraction or count {}: expected a fraction in (0, 1] or a number of images up to the {} of training",
            amount, train.size());
    if (train.empty()) user_error("{}: has no training images to take labels from", dataset.file().string());
    LabelSubset subset = take_patients(dataset, train, amount, seed, Use::labels);
    subset.positives = positives_of(dataset, subset.images);
    return subset;
}

std::vector<std::int64_t> pretraining_subset(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                                             double amount, std::uint64_t seed) {
    if (!(amount > 0) || (amount > 1 && amount > static_cast<double>(images.size())))
        user_error("{}: images to pre-train on: {}, expected a fraction in (0, 1] or a number up to the {} there are",
                   dataset.file().string(), amount, images.size());
    return take_patients(dataset, images, amount, seed, Use::pretraining).images;
}

} // namespace mlvicx
