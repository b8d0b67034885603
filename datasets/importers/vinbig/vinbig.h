#pragma once

#include "datasets/importers/source_options.h"

#include <string>
#include <vector>

namespace mlvicx {

struct VinbigOptions {
    /// A finding is present if any, the majority or all ("unanimous") of the readers saw it.
    std::string readers = "majority";
};
/// Key: readers.
void fields(Fields& f, VinbigOptions& options);

/// The 14 findings of Kaggle's table, in order of class_id, from Aortic enlargement to Pulmonary fibrosis.
const std::vector<std::string>& vinbig_classes();

/// Reads VinBig-CXR (VinDr-CXR), from Kaggle (train.csv; the labels of its test images were never published) or from
/// PhysioNet (image_labels_{train,test}.csv and annotations_{train,test}.csv). Tables may be in a folder annotations.
/// Each training image was read by three radiologists. Split kind official: PhysioNet's training and test images;
/// patient: by image, because patients are not named. Classes: Kaggle's 14, or all columns of PhysioNet's label table
/// but "No finding". Boxes are those that any reader drew of findings that are present by the rule, in pixels of the
/// original images. If the images are copies (PNG, JPEG), the original sizes are taken from columns width and height of
/// train.csv, or from train_meta.csv (image_id, dim0: height, dim1: width) next to it; boxes without them are left out,
/// counted and logged. PhysioNet's test labels are a consensus, which the rule does not change. Throws UserError for
/// contradictory rows (file and row) and missing images.
DatasetIndex read_vinbig(const SourceOptions& source, const VinbigOptions& options);

} // namespace mlvicx
