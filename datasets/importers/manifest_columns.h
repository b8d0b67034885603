#pragma once

#include "datasets/importers/attribute_columns.h"
#include "datasets/text/csv.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// An ignored column, and why it is ignored.
struct LeftOutColumn {
    std::string name, reason;
};

/// What each column of a manifest is for.
struct ManifestColumns {
    std::size_t path = 0;
    std::optional<std::size_t> id, patient, split;
    std::vector<std::size_t> labels, masks;
    AttributeColumns attributes;
    std::vector<LeftOutColumn> left_out;

    /// Continuation of the message about a missing column: which columns may be it under another name, and what to do.
    std::string patient_hint, split_hint;
};

/// Finds each column's purpose: `path` and `split` by name (case-insensitive); `id` by its exact name; `patient` by
/// `patient_column` if given, else by its exact name, else by a common one (PatientID, patient_id, Subject ID, MRN,
/// ...); mask, mask_NAME. Attributes: by
/// the names in attribute_table, unless every cell is a label (a sex coded 0 and 1). Labels are the columns in
/// `labels`; if that is empty, all other columns in which every cell is a label (see label_word) and some are present
/// or absent. Throws UserError if a named column is missing, if two columns may be the patient's, if there is no label
/// column, and if a column has labels in at least half of its cells but not in all, naming the row and the cell that is
/// not a label: a column must not vanish because of one odd value.
ManifestColumns manifest_columns(const Csv& table, const std::vector<std::string>& labels,
                                 const std::string& patient_column);

/// The folder of a path that names a patient: patientNNNNN in CheXpert (.../patient00001/study1/view1_frontal.jpg),
/// pNNNNNNNN above sNNNNNNNN in MIMIC-CXR (p10/p10000032/s50414267/...); empty if there is none.
std::string patient_folder(std::string_view path);

} // namespace mlvicx
