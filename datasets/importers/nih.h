#pragma once

#include "datasets/importers/source_options.h"
#include "datasets/index.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// The benchmark order: Atelectasis, Cardiomegaly, Effusion, Infiltration, Mass, Nodule, Pneumonia, Pneumothorax,
/// Consolidation, Edema, Emphysema, Fibrosis, Pleural_Thickening, Hernia.
const std::vector<std::string>& nih_classes();

/// Sex, age and view of NIH's images, by name without extension, from its table in `folder`; empty if there is none.
/// The table, its columns and what could not be read are recorded in the provenance of `index`. Throws UserError as Csv
/// does, and if the folder has several tables.
std::unordered_map<std::string, AttributeTexts> nih_attributes(DatasetIndex& index,
                                                               const std::filesystem::path& folder);

/// Reads NIH ChestX-ray14 in its original layout (Wang et al., CVPR 2017): Data_Entry_2017*.csv (or sample_labels.csv,
/// Kaggle's sample), the two lists (for the official split) and, if present, BBox_List_2017.csv; finds the images at
/// any depth, as .png or converted to another format; those in images_*/images, images or the folder itself take
/// precedence. Patients are NIH's numbers, however they are written (13, 00000013, 13.0). Attributes: sex,
/// age (57, 057Y; impossible ones like 411 are unknown) and view. Throws UserError for a
/// missing file or column, an unknown finding or a patient that is not a number (file and row), missing images (count
/// and the first names), an image in neither or both lists.
DatasetIndex read_nih(const SourceOptions& source);

} // namespace mlvicx
