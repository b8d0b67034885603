#pragma once

#include "datasets/importers/source_options.h"
#include "datasets/importers/study_labels.h"

namespace mlvicx {

/// Reads CheXpert (Irvin et al., AAAI 2019): train.csv and valid.csv, each also as .csv.gz, in the folder or in one
/// below it (CheXpert-v1.0, CheXpert-v1.0-small, "CheXpert-v1.0 batch 1 (validate & csv)"). An image is known and
/// looked for by its path from the patient on, patient00001/study1/view1_frontal.jpg, at any depth: so in train and
/// valid, in the folders of the four batches, or in a merged copy. Patients are the numbers in the paths, in both
/// tables.
///
/// Classes: study_classes(), by the options. Attributes: sex, age (0 is unknown) and view, AP/PA before
/// Frontal/Lateral.
///
/// Split kind official: valid.csv is the test split, as in most papers, and validation is carved from train.csv by
/// patient. Other kinds split the images of both tables; valid.csv may then be missing.
///
/// Throws UserError for missing tables and columns, a label other than 1, 0, -1 and nothing, a path without a patient,
/// repeated images, missing images.
DatasetIndex read_chexpert(const SourceOptions& source, const StudyLabelOptions& options);

} // namespace mlvicx
