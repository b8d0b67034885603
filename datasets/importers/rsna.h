#pragma once

#include "datasets/importers/source_options.h"

#include <string>

namespace mlvicx {

struct RsnaOptions {
    std::string classes = "target"; ///< target: one class, Pneumonia; detailed: the three of the class info
    /// pneumonia-challenge-dataset-mappings_2018.json, from RSNA ids to images of NIH ChestX-ray14; empty: each image
    /// is a patient of its own.
    std::string mapping;
    /// NIH's folder of lists: restricts to the images of its test_list.txt, which no encoder that was pre-trained on
    /// NIH's training list has seen; needs `mapping`. Empty: all images.
    std::string nih_test;
};
/// Keys: rsna_classes, mapping, nih_test.
void fields(Fields& f, RsnaOptions& options);

/// Reads the RSNA Pneumonia Detection Challenge (2018), stage 2, as downloaded: stage_2_train_labels.csv and images
/// (DICOM, PNG, JPEG) at any depth. Split kind patient: by NIH's patient where `mapping` is given, else by image.
/// Classes: Pneumonia, or Normal, No Lung Opacity / Not Normal, Lung Opacity, of which an image has exactly one. The
/// boxes of pneumonia are kept and united as the mask of the same name. Throws UserError for rows that contradict
/// themselves or each other (file and row), a mapping that does not fit, missing images.
DatasetIndex read_rsna(const SourceOptions& source, const RsnaOptions& options);

} // namespace mlvicx
