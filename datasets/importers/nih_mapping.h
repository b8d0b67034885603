#pragma once

#include "datasets/index.h"

namespace mlvicx {

/// Applies RSNA's published mapping to NIH ChestX-ray14: a list of objects of which `subset_img_id` is an image's id
/// and `img_id` the name of an NIH image. Images get NIH's patients. Where `nih_test` is not empty, only images whose
/// NIH image stands in nih_test/test_list.txt stay. Images that the mapping lacks remain patients of their own (and go
/// where `nih_test` asks for a place); their number is recorded. Throws UserError naming the entry that is no such
/// object, names an image twice or something else than an NIH image; where more than one image in a hundred is lacking.
void apply_nih_mapping(DatasetIndex& index, const std::filesystem::path& mapping,
                       const std::filesystem::path& nih_test);

} // namespace mlvicx
