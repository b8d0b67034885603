#pragma once

#include "datasets/subset_file.h"

#include <filesystem>
#include <map>
#include <string>

namespace mlvicx {

/// Label subsets from plain lists of images (text/image_list.h), one for each label fraction or count. Throws UserError
/// with count and examples if a list names images that are not in the dataset or not in its training split, or one
/// twice.
std::map<double, ImportedSubset> import_subset_lists(const std::map<double, std::filesystem::path>& lists,
                                                     const PreparedDataset& dataset);

/// "1 % and 5 % are the same 865 images", a sentence for each pair of label fractions with the same images.
std::vector<std::string> same_subsets(const std::map<double, ImportedSubset>& subsets);

} // namespace mlvicx
