#pragma once

#include "datasets/importers/source_options.h"

namespace mlvicx {

/// Reads SIIM-ACR Pneumothorax Segmentation (2019): in its original form, one table of run-length codes (train-rle.csv,
/// stage_2_train.csv or siim-pneumothorax-train-rle.csv), DICOM files in nested folders or converted images; or in the
/// form available for download today, stage_1_train_images.csv (see siim_png.h). Tables may be in a folder
/// siim-acr-pneumothorax. Split kind patient: by image, because no table names patients; official: only today's form
/// has a test split. One class and one mask, Pneumothorax: the union of an image's codes; the code -1 means an image
/// without one. Throws UserError for a code that is invalid or exceeds the image (file and row), an image with both a
/// mask and -1, missing images.
DatasetIndex read_siim(const SourceOptions& source);

} // namespace mlvicx
