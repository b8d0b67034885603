#pragma once

#include "datasets/subset.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// A label subset by the names of its images, so that others can train on exactly these, whatever the size and place of
/// their copy of the dataset.
struct NamedSubset {
    std::string dataset, fingerprint; ///< of the prepared dataset that it was made from
    std::vector<std::string> classes;
    double amount = 0; ///< as asked for: share up to 1, number of images above
    std::int64_t seed = 0;
    std::vector<std::string> images;     ///< ids, sorted
    std::vector<std::int64_t> positives; ///< among these images, by class
};

/// label_subset by names. Throws UserError as label_subset does.
NamedSubset named_subset(const PreparedDataset& dataset, double amount, std::int64_t seed);

/// {"format": "mlvicx-bench label subsets 2", "subsets": [{dataset, fingerprint, classes, amount, seed, images,
/// positives}]}.
void write_subsets(const std::filesystem::path& file, const std::vector<NamedSubset>& subsets);

/// Throws UserError naming the file and the key for anything that is not as written above.
std::vector<NamedSubset> read_subsets(const std::filesystem::path& file);

struct ImportedSubset {
    LabelSubset subset;
    std::string digest; ///< SHA-256 of the images' ids
};

/// The subsets of a file that belong to `dataset`, by (amount, seed): those with its fingerprint, or, where there is
/// none, with its name. Throws UserError where there is none of either; where classes differ, an image is not in the
/// training split, or the labels give other numbers of positives than the file says.
std::map<std::pair<double, std::int64_t>, ImportedSubset> import_subsets(const std::filesystem::path& file,
                                                                         const PreparedDataset& dataset);

} // namespace mlvicx
