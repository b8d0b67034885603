#pragma once

#include "datasets/importers/source_options.h"
#include "datasets/importers/study_labels.h"

#include <string>

namespace mlvicx {

struct MimicOptions {
    std::string labeler = "chexpert"; ///< whose labels: chexpert or negbio
    std::string patients;             ///< MIMIC-IV's patients.csv or .csv.gz, for sex and age; empty: unknown
};
/// Keys: labeler, mimic_iv_patients.
void fields(Fields& f, MimicOptions& options);

/// Reads MIMIC-CXR-JPG 2.0.0 and 2.1.0 (Johnson et al., 2019): the tables mimic-cxr-2.0.0-metadata, -split and
/// -chexpert or -negbio, each as .csv or .csv.gz. An image is looked for by its dicom_id at any depth: so in
/// files/p10/p10000032/s50414267, in a resized copy, or in some of the folders p10 to p19.
///
/// Patients are subject_id. Classes: study_classes(), by the options; labels are those of (subject_id, study_id), and
/// unknown if the study has no row. Views: AP and PA are frontal, LATERAL and LL lateral, the others (most are empty)
/// neither. Attributes: view; with MIMIC-IV's patients sex and age, which is anchor_age, or anchor_age at anchor_year
/// carried on to the year of StudyDate if the tables have these columns.
///
/// Split kind official: train, validate and test of the split table, which other kinds do not need.
///
/// Throws UserError for missing tables and columns, repeated rows, a label other than 1, 0, -1 and nothing, an image
/// that the split table lacks or gives another patient or study, missing images.
DatasetIndex read_mimic(const SourceOptions& source, const MimicOptions& options, const StudyLabelOptions& labels);

} // namespace mlvicx
