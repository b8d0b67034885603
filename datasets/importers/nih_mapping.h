#pragma once

#include "datasets/index.h"

namespace mlvicx {

/// Applies RSNA's published mapping to NIH ChestX-ray14: a list of objects in which `subset_img_id` is an image's id
/// and `img_id` the name of an NIH image. Images get NIH's patients and, if NIH's table is in
/// `nih_test` or next to `mapping`, its sex, age and view. If `nih_test` is not empty, only images whose NIH
/// image is listed in nih_test/test_list.txt are kept. Images that the mapping lacks remain patients of their own (and
/// are dropped if `nih_test` is given); their count is recorded. Throws UserError naming an entry that is not such an
/// object, repeats an image or names something other than an NIH image, and if more than one image in a hundred is
/// missing from the mapping.
void apply_nih_mapping(DatasetIndex& index, const std::filesystem::path& mapping,
                       const std::filesystem::path& nih_test);

} // namespace mlvicx
