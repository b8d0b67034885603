#pragma once

#include "datasets/importers/source_options.h"

namespace mlvicx {

/// Reads SIIM-ACR Pneumothorax Segmentation (2019): as it was published, one table of run-length codes (train-rle.csv,
/// stage_2_train.csv or siim-pneumothorax-train-rle.csv), DICOM files in nested folders or converted images; or as it
/// can be downloaded today, stage_1_train_images.csv (see siim_png.h). Tables may be in a folder siim-acr-pneumothorax.
/// Split kind patient: by image, for no table names patients; official: today's form has a test split.
/// One class and one mask, Pneumothorax: the union of an image's codes; the code -1 is an image without. Throws
/// UserError for a code that leaves the image or is none (file and row), an image with both a mask and -1, missing
/// images.
DatasetIndex read_siim(const SourceOptions& source);

} // namespace mlvicx
