#include "datasets/importers/published.h"

#include "core/progress.h"
#include "datasets/phantom/phantom.h"

#include <algorithm>
#include <unordered_set>

namespace mlvicx {

void compare_with_published(DatasetIndex& index, const std::vector<PublishedCount>& counts) {
    const auto* root = index.provenance.if_contains("root");
    if (root && root->is_string() && is_phantom(std::string(root->get_string()))) {
        index.provenance["published"] = json::array{"not compared: synthetic images"};
        return;
    }
    const PublishedCount& images = counts.front();
    if (10 * images.found < 9 * images.expected) {
        index.provenance["published"] =
            json::array{fmt::format("not compared: {} of {} {}", images.found, images.expected, images.what)};
        return;
    }
    json::array sentences;
    for (const auto& [what, expected, found] : counts) {
        const bool right = expected == found;
        const std::string sentence = right ? fmt::format("{} {}, as published", found, what)
                                           : fmt::format("{} {}, but {} were published", found, what, expected);
        sentences.emplace_back(sentence);
        if (!right) say("{}: the tables have {}", index.dataset, sentence);
    }
    index.provenance["published"] = std::move(sentences);
}

std::size_t positives(const DatasetIndex& index, std::size_t label) {
    return static_cast<std::size_t>(std::count_if(index.images.begin(), index.images.end(),
                                                  [&](const ImageEntry& image) { return image.labels[label] == 1; }));
}

std::size_t patients(const DatasetIndex& index) {
    std::unordered_set<std::string_view> known;
    for (const ImageEntry& image : index.images) known.insert(image.patient);
    return known.size();
}

} // namespace mlvicx
