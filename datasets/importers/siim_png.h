#pragma once

#include "datasets/importers/siim.h"

namespace mlvicx {

/// Reads SIIM-ACR in the form available for download today (Kaggle,
/// vbookshelf/pneumothorax-chest-xray-images-and-masks): `folder` holds stage_1_train_images.csv and
/// stage_1_test_images.csv (new_filename, ImageId, has_pneumo), png_images/ and png_masks/ with files of the same
/// names, 0/255, all zero if there is no pneumothorax. The test table is the test split of kind "official"; without it
/// only kind "patient" is available. Throws UserError for rows that contradict each other or their file name (file and
/// row), and for missing images and masks.
void read_siim_png(DatasetIndex& index, const SourceOptions& source, const std::filesystem::path& folder);

} // namespace mlvicx
