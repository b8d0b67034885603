#pragma once

#include "datasets/split.h"

#include <filesystem>

namespace mlvicx {

/// SIIM-ACR Pneumothorax Segmentation (2019): as it was published, one table of run-length codes, DICOM files in nested
/// folders or converted images; or as it can be downloaded today (see siim_png.h).
struct SiimOptions {
    /// Holds train-rle.csv, stage_2_train.csv, siim-pneumothorax-train-rle.csv or stage_1_train_images.csv (or a folder
    /// siim-acr-pneumothorax that does), and the images at any depth.
    std::filesystem::path root;
    std::filesystem::path images;   ///< a folder of images elsewhere; empty: root
    std::filesystem::path metadata; ///< a folder with the table elsewhere; empty: root
    SplitOptions split; ///< kind patient: by film, for no table names patients; official: today's form has a test split
    bool allow_missing = false;
};

/// One class and one mask, Pneumothorax: the union of a film's codes; the code -1 is a film without. Throws UserError
/// for a code that leaves the film or is none (file and row), a film with both a mask and -1, missing images.
DatasetIndex read_siim(const SiimOptions& options);

} // namespace mlvicx
