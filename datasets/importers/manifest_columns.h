#pragma once

#include "datasets/text/csv.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// A column that nothing is taken from, and why.
struct LeftOutColumn {
    std::string name, reason;
};

/// What each column of a manifest is for.
struct ManifestColumns {
    std::size_t path = 0;
    std::optional<std::size_t> id, patient, split;
    std::vector<std::size_t> labels, masks;
    std::vector<LeftOutColumn> left_out;

    /// How the sentence about a missing column goes on: the columns that may be it under another name, and what to do.
    std::string patient_hint, split_hint;
};

/// Finds each column's purpose: `path` and `split` by their names in any case of letters; `id` by its exact name;
/// `patient` by `patient_column` where that is given, else by its exact name, else by a usual one (PatientID,
/// patient_id, Subject ID, MRN, ...); mask, mask_NAME. Labels are the columns in `labels`; where that is empty, the
/// others of which every cell is a label (see label_word) and some are present or absent. Throws UserError for a named
/// column that is not there; two that may be the patient's; no label column; a column that is a label's in at least
/// half of its cells, naming the row and the cell that are none: it must not vanish for one odd value.
ManifestColumns manifest_columns(const Csv& table, const std::vector<std::string>& labels,
                                 const std::string& patient_column);

/// The folder of a path that names a patient: patientNNNNN in CheXpert (.../patient00001/study1/view1_frontal.jpg),
/// pNNNNNNNN above sNNNNNNNN in MIMIC-CXR (p10/p10000032/s50414267/...); empty where there is none.
std::string patient_folder(std::string_view path);

} // namespace mlvicx
