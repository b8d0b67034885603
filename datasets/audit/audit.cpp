#include "datasets/audit/audit.h"

#include "core/error.h"
#include "core/parallel.h"
#include "core/progress.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <unordered_map>

namespace mlvicx {

namespace {

bool same_pixels(const PreparedDataset& first, const PreparedDataset& second, const Duplicate& pair) {
    const cv::Mat1b a = first.image(pair.first), b = second.image(pair.second);
    return a.size() == b.size() && std::memcmp(a.data, b.data, a.total()) == 0;
}

} // namespace

std::vector<ImageSketch> sketch_images(const PreparedDataset& dataset, unsigned threads) {
    std::vector<ImageSketch> sketches(static_cast<std::size_t>(dataset.size()));
    Progress progress("comparing " + dataset.dataset(), dataset.size(), "images");
    parallel_for(sketches.size(), threads, [&](std::size_t i) {
        const cv::Mat1b image = dataset.image(static_cast<std::int64_t>(i));
        sketches[i] = sketch_image({image.data, image.total()}, image.rows);
        progress.advance();
    });
    return sketches;
}

std::int64_t AuditedDataset::blank() const {
    return std::count_if(sketches.begin(), sketches.end(), [](const ImageSketch& image) { return image.blank; });
}

SharedImages shared_images(const AuditedDataset& first, const AuditedDataset& second, unsigned threads) {
    const bool within = &first == &second;
    const auto others = within ? std::span<const ImageSketch>() : std::span<const ImageSketch>(second.sketches);
    const auto found = search_duplicates(first.sketches, others, {}, threads);
    SharedImages result;
    result.copies_from = found.copies_from;
    result.left_out = found.left_out;
    const auto add = [&](std::vector<SharedImage>& to, const Duplicate& pair, bool identical) {
        to.push_back({pair.first, pair.second, pair.correlation, identical, pair.inverted});
    };
    for (const auto& pair : found.copies)
        add(result.images, pair, same_pixels(*first.prepared, *second.prepared, pair));
    for (const auto& pair : found.look_alikes) add(result.look_alikes, pair, false);
    return result;
}

bool across_splits(const PreparedDataset& first, const PreparedDataset& second, const SharedImage& pair) {
    return first.split(pair.first) != second.split(pair.second);
}

std::vector<std::string> label_conflicts(const PreparedDataset& first, const PreparedDataset& second,
                                         const SharedImage& pair) {
    std::vector<std::string> conflicts;
    for (std::size_t a = 0; a < first.classes().size(); ++a) {
        const auto named = std::find(second.classes().begin(), second.classes().end(), first.classes()[a]);
        if (named == second.classes().end()) continue;
        const auto x = first.labels(pair.first)[a];
        const auto y = second.labels(pair.second)[static_cast<std::size_t>(named - second.classes().begin())];
        if (x != y && x >= 0 && y >= 0) conflicts.push_back(*named);
    }
    return conflicts;
}

SeenImages seen_test_images(const PreparedDataset& source, const PreparedDataset& tested,
                            const std::vector<SharedImage>& pairs, const std::vector<Split>& splits, bool all_images) {
    const bool within = source.fingerprint() == tested.fingerprint(); // each pair is listed once, in either order
    SeenImages seen;
    const auto look = [&](std::int64_t image, std::int64_t copy) {
        const bool wanted = std::find(splits.begin(), splits.end(), source.split(copy)) != splits.end();
        if (!wanted || (!all_images && tested.split(image) != Split::test)) return;
        seen.tested.push_back(image);
        seen.copies.push_back(copy);
    };
    for (const auto& pair : pairs) {
        look(pair.second, pair.first);
        if (within) look(pair.first, pair.second);
    }
    if (within && all_images) // each of these is a copy of itself
        for (std::int64_t i = 0; i < tested.size(); ++i) look(i, i);
    for (auto* images : {&seen.tested, &seen.copies}) {
        std::sort(images->begin(), images->end());
        images->erase(std::unique(images->begin(), images->end()), images->end());
    }
    return seen;
}

std::vector<SplitPatient> patients_in_two_splits(const PreparedDataset& first, const PreparedDataset& second) {
    std::vector<SplitPatient> result;
    if (first.dataset() != second.dataset()) return result;
    const auto splits_of = [](const PreparedDataset& dataset) {
        std::vector<std::set<Split>> splits(dataset.patient_ids().size());
        for (std::int64_t image = 0; image < dataset.size(); ++image)
            splits[dataset.patient_index(image)].insert(dataset.split(image));
        return splits;
    };
    const auto of_first = splits_of(first), of_second = splits_of(second);
    std::unordered_map<std::string_view, const std::set<Split>*> known;
    for (std::size_t i = 0; i < of_first.size(); ++i) known.emplace(first.patient_ids()[i], &of_first[i]);
    for (std::size_t i = 0; i < of_second.size(); ++i) {
        const auto found = known.find(second.patient_ids()[i]);
        if (found == known.end()) continue;
        const Split one = *found->second->begin(), other = *of_second[i].rbegin();
        if (one != other)
            result.push_back({second.patient_ids()[i], one, other});
        else if (found->second->size() > 1)
            result.push_back({second.patient_ids()[i], *found->second->rbegin(), one});
    }
    return result;
}

Audit audit_datasets(const std::vector<const PreparedDataset*>& datasets, unsigned threads) {
    Audit audit;
    for (const auto* dataset : datasets) {
        for (const auto& other : audit.datasets)
            if (other.prepared->fingerprint() == dataset->fingerprint())
                user_error("{} and {} are the same prepared dataset", other.prepared->file().string(),
                           dataset->file().string());
        audit.datasets.emplace_back(*dataset, threads);
    }
    for (std::size_t i = 0; i < audit.datasets.size(); ++i)
        for (std::size_t j = i; j < audit.datasets.size(); ++j) {
            const auto &first = audit.datasets[i], &second = audit.datasets[j];
            audit.pairs.push_back({i, j, shared_images(first, second, threads),
                                   patients_in_two_splits(*first.prepared, *second.prepared)});
        }
    return audit;
}

std::int64_t Audit::leaks() const {
    std::int64_t count = 0;
    for (const auto& pair : pairs) {
        const auto &first = *datasets[pair.first].prepared, &second = *datasets[pair.second].prepared;
        count += static_cast<std::int64_t>(pair.patients.size());
        count += std::count_if(pair.shared.images.begin(), pair.shared.images.end(),
                               [&](const SharedImage& images) { return across_splits(first, second, images); });
    }
    return count;
}

} // namespace mlvicx
