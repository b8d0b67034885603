#include "datasets/subset_lists.h"

#include "core/error.h"
#include "datasets/image_names.h"

#include <algorithm>
#include <array>
#include <set>

namespace mlvicx {

namespace {

/// Throws UserError if listed images are in another split than training.
void refuse_untrained(const ListedImages& listed, const PreparedDataset& dataset) {
    std::array<std::size_t, 3> counts{};
    std::vector<ImageList::Entry> wrong;
    for (std::size_t k = 0; k < listed.images.size(); ++k) {
        const auto image = static_cast<std::int64_t>(listed.images[k]);
        ++counts[static_cast<std::size_t>(dataset.split(image))];
        if (dataset.split(image) != Split::train) wrong.push_back({dataset.id(image), listed.rows[k]});
    }
    if (wrong.empty()) return;
    user_error("{}: {} of {} listed images are not in the training split of {} ({} validation, {} test), such as {}; "
               "expected training images only",
               listed.list.file, wrong.size(), listed.images.size(), dataset.file().string(), counts[1], counts[2],
               entries_text(wrong));
}

ImportedSubset subset_of(const ListedImages& listed, const PreparedDataset& dataset) {
    ImportedSubset result;
    LabelSubset& subset = result.subset;
    std::vector<std::string> ids;
    std::set<std::size_t> patients;
    for (const std::size_t k : listed.images) {
        const auto image = static_cast<std::int64_t>(k);
        subset.images.push_back(image);
        ids.push_back(dataset.id(image));
        patients.insert(dataset.patient_index(image));
    }
    std::sort(subset.images.begin(), subset.images.end());
    subset.positives = positives_of(dataset, subset.images);
    subset.patients = static_cast<std::int64_t>(patients.size());
    result.digest = digest_of_ids(std::move(ids));
    return result;
}

std::string amount_text(double amount) {
    return amount > 1 ? fmt::format("{:g} images", amount) : fmt::format("{:g} %", 100 * amount);
}

} // namespace

std::map<double, ImportedSubset> import_subset_lists(const std::map<double, std::filesystem::path>& lists,
                                                     const PreparedDataset& dataset) {
    const ImageNames names(dataset.ids(), dataset.file_names());
    std::map<double, ImportedSubset> subsets;
    for (const auto& [amount, file] : lists) {
        const ListedImages listed = read_listed_images(file, names);
        refuse_unknown(listed, dataset.file().string());
        refuse_untrained(listed, dataset);
        subsets.emplace(amount, subset_of(listed, dataset));
    }
    return subsets;
}

std::vector<std::string> same_subsets(const std::map<double, ImportedSubset>& subsets) {
    std::vector<std::string> sentences;
    for (auto one = subsets.begin(); one != subsets.end(); ++one)
        for (auto other = std::next(one); other != subsets.end(); ++other)
            if (one->second.digest == other->second.digest)
                sentences.push_back(fmt::format("{} and {} are the same {} images", amount_text(one->first),
                                                amount_text(other->first), one->second.subset.images.size()));
    return sentences;
}

} // namespace mlvicx
