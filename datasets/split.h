#pragma once

#include "core/config.h"
#include "datasets/index.h"

#include <string_view>

namespace mlvicx {

struct SplitOptions {
    std::string kind = "official"; ///< official: the dataset's own lists; patient: by a hash of the patient
    std::int64_t seed = 0;
    double validation = 0.125; ///< official: share of the training list's patients; patient: share of all patients
    double test = 0.2;         ///< patient: share of all patients
    bool keep_copies_together = false; ///< patient: who share an image are one patient for the split
};
void fields(Fields& f, SplitOptions& options);

/// Throws UserError where the dataset (named for the message) publishes no lists that a kind "official" could mean.
void refuse_official_split(const SplitOptions& options, const std::string& dataset);

/// Assigns every image of a patient to one split, by Random(seed, split, patient): neither order nor number of images
/// changes a patient's place.
void split_by_patient(DatasetIndex& index, const SplitOptions& options);

/// Moves `options.validation` of the training patients to validation; leaves the test images alone.
void carve_validation(DatasetIndex& index, const SplitOptions& options);

/// A patient's number in the random generator: a hash of the id, so that it does not depend on the other patients.
std::uint32_t patient_key(std::string_view patient);

/// Throws UserError naming a patient with images in two splits: results on the later one would be worth nothing.
void require_disjoint_patients(const DatasetIndex& index);

} // namespace mlvicx
