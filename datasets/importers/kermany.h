#pragma once

#include "datasets/importers/source_options.h"
#include "datasets/index.h"

namespace mlvicx {

/// Reads Kermany's paediatric chest X-rays (Kermany et al., Cell 2018) in their original layout: train, test and, in
/// Kaggle's copy, val, each with NORMAL and PNEUMONIA, in `root` or in its folder chest_xray. All that is known of an
/// image is in its path:
///
///     test/PNEUMONIA/person12_bacteria_34.jpeg   patient person12, bacterial; _virus_: viral
///     train/NORMAL/IM-0115-0001.jpeg             patient IM-0115
///     train/NORMAL/NORMAL2-IM-0383-0001.jpeg     patient NORMAL2-IM-0383
///
/// Classes: Pneumonia; Bacterial pneumonia and Viral pneumonia, which are unknown if the name of an image with
/// pneumonia gives neither. An image's id is its path from train, val or test on.
///
/// Split kind official: the test folder is the test split; all other images, those of val included, are divided into
/// training and validation by patient. A number in the test folder is then not the patient with this number elsewhere:
/// no document says whether they are the same child. It is counted in provenance["patients"] how many numbers are in
/// both. Split kind patient divides all images, and one number is one patient.
///
/// Throws UserError for a missing folder or one without images, a folder other than NORMAL and PNEUMONIA, and a name
/// that gives no patient or contradicts its folder. Other files and folders are counted in
/// provenance["files_left_out"].
DatasetIndex read_kermany(const SourceOptions& source);

} // namespace mlvicx
