#pragma once

#include "datasets/importers/source_options.h"

#include <string>
#include <vector>

namespace mlvicx {

struct VinbigOptions {
    /// A finding is present where any, the majority or all ("unanimous") of the readers saw it.
    std::string readers = "majority";
};
/// Key: readers.
void fields(Fields& f, VinbigOptions& options);

/// The 14 findings of Kaggle's table by class_id, from Aortic enlargement to Pulmonary fibrosis.
const std::vector<std::string>& vinbig_classes();

/// Reads VinBig-CXR (VinDr-CXR), as on Kaggle (train.csv; the labels of its test images were never published) or as on
/// PhysioNet (image_labels_{train,test}.csv and annotations_{train,test}.csv). Tables may be in a folder annotations.
/// Each training image was read by three radiologists. Split kind official: PhysioNet's training and test images;
/// patient: by image, patients are not named. Classes: Kaggle's 14, or all columns of PhysioNet's label table but "No
/// finding". Boxes are those that all readers drew of findings that are present by the rule; they are pixels of the
/// original images: where the images are copies (PNG, JPEG), columns width and height of train.csv, or train_meta.csv
/// (image_id, dim0: height, dim1: width) beside it, say of which size those were; boxes of copies without are left out,
/// counted and said. PhysioNet's test labels are a consensus, which the rule leaves as it is. Throws UserError for rows
/// that contradict themselves or each other (file and row) and missing images.
DatasetIndex read_vinbig(const SourceOptions& source, const VinbigOptions& options);

} // namespace mlvicx
