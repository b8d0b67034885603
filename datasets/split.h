#pragma once

#include "core/config.h"
#include "datasets/index.h"

#include <string_view>

namespace mlvicx {

struct SplitOptions {
    std::string kind = "official"; ///< official: the dataset's own lists; patient: by a hash of the patient; lists
    std::int64_t seed = 0;
    double validation = 0.125;          ///< fraction of patients; official: of the training list
    double test = 0.2;                  ///< fraction of patients; only for kind patient
    bool keep_copies_together = false;  ///< patient: treat patients who share an image as one
    std::string train_list = {};        ///< file, for kind lists
    std::string validation_list = {};   ///< the same; empty: carved from training
    std::string test_list = {};         ///< as train_list
    bool allow_shared_patients = false; ///< lists: patients may be in two splits; results say so

    bool by_lists() const { return kind == "lists"; }
};
/// A number under "validation" and "test" is a fraction, a text is a list.
void fields(Fields& f, SplitOptions& options);

/// Throws UserError if kind "lists" has no list of training or test images, or another kind has lists.
void require_lists(const SplitOptions& options);

/// Throws UserError if kind "official" is requested of a dataset (named for the message) that publishes no split.
void refuse_official_split(const SplitOptions& options, const std::string& dataset);

/// Assigns every image of a patient to one split, by Random(seed, split, patient): neither the order nor the number of
/// images changes a patient's split.
void split_by_patient(DatasetIndex& index, const SplitOptions& options);

/// Moves `options.validation` of the training patients to validation; leaves the test images unchanged.
void carve_validation(DatasetIndex& index, const SplitOptions& options);

/// A patient's key for the random generator: a hash of the id, so it does not depend on the other patients.
std::uint32_t patient_key(std::string_view patient);

/// Throws UserError naming a patient with images in two splits, which would make test results worthless; not if the
/// lists of the split were allowed to share patients (provenance["shared_patients"]).
void require_disjoint_patients(const DatasetIndex& index);

} // namespace mlvicx
