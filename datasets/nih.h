#pragma once

#include "datasets/split.h"

#include <filesystem>

namespace mlvicx {

/// NIH ChestX-ray14 in its original layout (Wang et al., CVPR 2017).
struct NihOptions {
    /// Holds Data_Entry_2017*.csv (or sample_labels.csv, Kaggle's sample), the two lists, and the images at any depth,
    /// as .png or as copies of another form; those in images_*/images, images or the folder itself count first.
    std::filesystem::path root;
    std::filesystem::path images;   ///< a folder of images elsewhere (searched as `root` is); empty: under root
    std::filesystem::path metadata; ///< a folder with CSV and lists elsewhere; empty: root
    SplitOptions split;
    bool allow_missing = false; ///< leave out films whose image is missing (their number is recorded)
};

/// The benchmark order: Atelectasis, Cardiomegaly, Effusion, Infiltration, Mass, Nodule, Pneumonia, Pneumothorax,
/// Consolidation, Edema, Emphysema, Fibrosis, Pleural_Thickening, Hernia.
const std::vector<std::string>& nih_classes();

/// Reads CSV (either header form), lists (for the official split) and, where present, BBox_List_2017.csv.
/// Patients are NIH's numbers, however they are written (13, 00000013, 13.0). Throws UserError for a missing file or
/// column, an unknown finding or a patient that is no number (file and row), missing images (count and the first
/// names), a film in neither or both lists.
DatasetIndex read_nih(const NihOptions& options);

} // namespace mlvicx
