#pragma once

#include "datasets/split.h"

#include <filesystem>

namespace mlvicx {

/// NIH ChestX-ray14 in its original layout (Wang et al., CVPR 2017).
struct NihOptions {
    std::filesystem::path
        root; ///< holds Data_Entry_2017*.csv, the two lists, and the images in images_*/images, images/ or itself
    std::filesystem::path images;   ///< a folder of images elsewhere (searched as `root` is); empty: under root
    std::filesystem::path metadata; ///< a folder with CSV and lists elsewhere; empty: root
    SplitOptions split;
    bool allow_missing = false; ///< leave out films whose image is missing (their number is recorded)
};

/// The benchmark order: Atelectasis, Cardiomegaly, Effusion, Infiltration, Mass, Nodule, Pneumonia, Pneumothorax,
/// Consolidation, Edema, Emphysema, Fibrosis, Pleural_Thickening, Hernia.
const std::vector<std::string>& nih_classes();

/// Reads CSV (either header form), lists (for the official split) and, where present, BBox_List_2017.csv.
/// Throws UserError for a missing file or column, an unknown finding (file and row), missing images (count and the
/// first names), a film in neither or both lists.
DatasetIndex read_nih(const NihOptions& options);

} // namespace mlvicx
