#pragma once

#include "core/config.h"

#include <filesystem>

namespace mlvicx {

/// Synthetic chest films (thorax, lungs, ribs, clavicles, heart, spine, diaphragm, noise; AP/PA-like variation between
/// patients) with findings of several sizes, from faint small nodules to effusions. Deterministic by seed.
struct PhantomOptions {
    std::int64_t films = 1000;
    std::int64_t size = 256; ///< pixels, square
    std::int64_t seed = 0;
    double films_per_patient = 0; ///< mean, from 1 up; 0: as in the layout's original, 1.6 in nih and 1 in the others
    std::string layout = "nih";   ///< nih, rsna, siim or vinbig
};
void fields(Fields& f, PhantomOptions& options);

/// Writes a dataset's original layout under `root`; complete or absent: written beside and renamed.
///
///     nih     Data_Entry_2017_v2020.csv, train_val_list.txt, test_list.txt, BBox_List_2017.csv,
///             images/NNNNNNNN_NNN.png, and masks/FINDING/NNNNNNNN_NNN.png (0/255)
///     rsna    stage_2_train_labels.csv, stage_2_detailed_class_info.csv, stage_2_train_images/ID.dcm (JPEG), and the
///             mapping to the NIH layout of the same seed: pneumonia is consolidation
///     siim    train-rle.csv, dicom-images-train/UID/UID/ID.dcm (JPEG), some films with two masks
///     vinbig  train.csv of three readers who do not always agree, train/ID.dicom (uncompressed and JPEG 2000)
///
/// Without GDCM the DICOM files are PNG files. The films of a seed and a number of films per patient are the same in
/// every layout. Follow-ups look alike, and rsna, siim and vinbig do not say whose a film is: with more than one film a
/// patient their splits leak, which the audit finds.
void write_phantom(const PhantomOptions& options, const std::filesystem::path& root, unsigned threads = 0);

/// Whether `root` holds what write_phantom wrote.
bool is_phantom(const std::filesystem::path& root);

} // namespace mlvicx
