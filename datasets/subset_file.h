#pragma once

#include "datasets/subset.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// A label subset by image id, so that others can train on exactly these images, whatever the size and location of
/// their copy of the dataset.
struct NamedSubset {
    std::string dataset, fingerprint; ///< of the prepared dataset that it was made from
    std::vector<std::string> classes;
    double amount = 0; ///< as requested: a fraction up to 1, a number of images above
    std::int64_t seed = 0;
    std::vector<std::string> images;     ///< ids, sorted
    std::vector<std::int64_t> positives; ///< among these images, by class
};

/// label_subset by image id. Throws UserError as label_subset does.
NamedSubset named_subset(const PreparedDataset& dataset, double amount, std::int64_t seed);

/// {"format": "mlvicx-bench label subsets 2", "subsets": [{dataset, fingerprint, classes, amount, seed, images,
/// positives}]}.
void write_subsets(const std::filesystem::path& file, const std::vector<NamedSubset>& subsets);

/// Throws UserError naming the file and the key for anything that does not match the format above.
std::vector<NamedSubset> read_subsets(const std::filesystem::path& file);

struct ImportedSubset {
    LabelSubset subset;
    std::string digest; ///< SHA-256 of the images' ids
};

/// The subsets of a file that belong to `dataset`, by (amount, seed): those with its fingerprint or, if there are none,
/// with its name. Throws UserError if there are neither, if classes differ, if an image is not in the training split,
/// or if the labels give other numbers of positives than the file.
std::map<std::pair<double, std::int64_t>, ImportedSubset> import_subsets(const std::filesystem::path& file,
                                                                         const PreparedDataset& dataset);

} // namespace mlvicx
