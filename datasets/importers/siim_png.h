#pragma once

#include "datasets/importers/siim.h"

namespace mlvicx {

/// SIIM-ACR as it can be downloaded today (Kaggle, vbookshelf/pneumothorax-chest-xray-images-and-masks): in `folder`
/// stage_1_train_images.csv and stage_1_test_images.csv (new_filename, ImageId, has_pneumo), png_images/ and png_masks/
/// with files of the same names, 0/255, all zero where there is no pneumothorax. The test table is the official split's
/// test; without it there is only kind "patient". Throws UserError for rows that contradict each other or the name of
/// their file (file and row), missing images and masks.
void read_siim_png(DatasetIndex& index, const SourceOptions& source, const std::filesystem::path& folder);

} // namespace mlvicx
