#pragma once

#include "datasets/importers/source_options.h"

#include <string>

namespace mlvicx {

struct RsnaOptions {
    std::string classes = "target"; ///< target: one class, Pneumonia; detailed: the three of the class info
    /// pneumonia-challenge-dataset-mappings_2018.json, from RSNA ids to images of NIH ChestX-ray14; empty: each image
    /// is a patient of its own.
    std::string mapping;
    /// NIH's folder of lists: restricts the dataset to the images in its test_list.txt, which an encoder pre-trained on
    /// NIH's training list has never seen; requires `mapping`. Empty: all images.
    std::string nih_test;
};
/// Keys: rsna_classes, mapping, nih_test.
void fields(Fields& f, RsnaOptions& options);

/// Reads the RSNA Pneumonia Detection Challenge (2018), stage 2, as downloaded: stage_2_train_labels.csv and images
/// (DICOM, PNG, JPEG) at any depth. Split kind patient: by NIH's patient if `mapping` is given, else by image. Classes:
/// Pneumonia, or exactly one of Normal, No Lung Opacity / Not Normal, Lung Opacity. The boxes of pneumonia are kept,
/// and their union is the mask of the same name. Throws UserError for contradictory rows (file and row), a mapping that
/// does not match, and missing images.
DatasetIndex read_rsna(const SourceOptions& source, const RsnaOptions& options);

} // namespace mlvicx
