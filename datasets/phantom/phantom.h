#pragma once

#include "core/config.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// Synthetic chest X-rays (thorax, lungs, ribs, clavicles, heart, spine, diaphragm, noise; AP/PA-like variation between
/// patients) with findings of several sizes, from faint small nodules to effusions. Deterministic by seed.
struct PhantomOptions {
    std::int64_t images = 1000;
    std::int64_t size = 256; ///< pixels, square
    std::int64_t seed = 0;
    /// Mean, from 1 up; 0: as in the layout's original: 1.6 in nih, 2.9 in chexpert, 3.5 in mimic and 1 in the others.
    double images_per_patient = 0;
    std::string layout = "nih"; ///< one of phantom_layouts()
    double mildest = 0;         ///< severity of the mildest findings: 0 hardly visible, 1 all as obvious as they get
    double exposure_spread = 0; ///< 0: exposures of one department; 1: of many devices and window settings
};
/// nih, rsna, siim, siim_png, vinbig, kermany, chexpert, mimic.
const std::vector<std::string>& phantom_layouts();
void fields(Fields& f, PhantomOptions& options);

/// Writes a dataset's original layout under `root`; complete or not at all: written to a temporary folder and renamed.
///
///     nih     Data_Entry_2017_v2020.csv, train_val_list.txt, test_list.txt, BBox_List_2017.csv,
///             images/NNNNNNNN_NNN.png, and masks/FINDING/NNNNNNNN_NNN.png (0/255)
///     rsna    stage_2_train_labels.csv, stage_2_detailed_class_info.csv, stage_2_train_images/ID.dcm (JPEG), and the
///             mapping to the NIH layout of the same seed: pneumonia is consolidation
///     siim    train-rle.csv, dicom-images-train/UID/UID/ID.dcm (JPEG), some images with two masks
///     siim_png  stage_1_train_images.csv, stage_1_test_images.csv, png_images/NUMBER_SPLIT_LABEL_.png, and png_masks/
///             with files of the same names
///     vinbig  train.csv of three readers who do not always agree, train/ID.dicom (uncompressed and JPEG 2000)
///     kermany  train, val and test, each with NORMAL and PNEUMONIA (consolidation; with edema it is viral), whose
///             files (JPEG) are named by patient
///     chexpert  CheXpert-v1.0-small/ with train.csv, valid.csv and {train,valid}/patientN/studyN/viewN_VIEW.jpg
///     mimic   mimic-cxr-2.0.0-{metadata,split,chexpert,negbio}.csv.gz, files/pNN/pN/sN/ID.jpg, and patients.csv.gz of
///             MIMIC-IV
///
/// The last two have a lateral view besides of a part of the images (the frontal one, squeezed from left to right), and
/// labels that are uncertain or not mentioned.
///
/// Without GDCM the DICOM files are PNG files, and train_meta.csv holds VinBig's sizes. For a given seed and number of
/// images per patient, the images are the same in every layout. Follow-ups look alike, and rsna, siim and vinbig do not
/// name patients (kermany gives a patient two names, as ill and as healthy): with more than one image per patient their
/// splits leak, which the audit detects.
void write_phantom(const PhantomOptions& options, const std::filesystem::path& root, unsigned threads = 0);

/// Whether `root` holds what write_phantom wrote.
bool is_phantom(const std::filesystem::path& root);

} // namespace mlvicx
