#pragma once

#include "core/config.h"
#include "datasets/index.h"
#include "datasets/text/csv.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

// What CheXpert and MIMIC-CXR-JPG have in common: 14 labels of a study, which a labeler read from its report, and which
// all of its views share.

/// How labels and views are read; both datasets have the same options.
struct StudyLabelOptions {
    std::string view = "frontal";       ///< frontal (PA and AP), lateral, all
    std::string uncertain = "unknown";  ///< what -1 means: unknown, absent, present
    std::string unmentioned = "absent"; ///< what an empty label means: absent, unknown
};
/// Keys: view, uncertain, unmentioned.
void fields(Fields& f, StudyLabelOptions& options);

/// The 14 columns of the tables, from No Finding to Support Devices.
const std::vector<std::string>& study_classes();

/// The view that a table's word stands for, as AttributeKind::read gives it; empty for other words.
std::string view_of(std::string_view word);

/// The labels of a study as its table has them, one per class: 1, 0, -1, or not_mentioned.
using WrittenLabels = std::vector<std::int8_t>;
inline constexpr std::int8_t not_mentioned = 2;

/// The 14 columns of a table.
class LabelColumns {
public:
    /// Throws UserError naming the columns that the table lacks.
    explicit LabelColumns(const Csv& table);
    /// The labels of a row. Throws UserError with file, row and column for anything but 1, 0, -1 and an empty cell.
    WrittenLabels read(std::size_t row) const;

private:
    const Csv& table_;
    std::vector<std::size_t> columns_;
};

/// Applies the options to images, and counts what each of them changed.
class StudyLabels {
public:
    explicit StudyLabels(const StudyLabelOptions& options) : options_(options) {}

    /// Whether the option `view` takes an image. `view`: as view_of gives it; `word`: as the table has it,
    /// by which images that are left out are counted.
    bool takes(std::string_view view, std::string_view word);
    /// The labels of an image that is taken: 1, 0, -1 unknown.
    std::vector<std::int8_t> of(const WrittenLabels& written);
    /// Those of an image whose study has no row: all unknown. `image`: its id.
    std::vector<std::int8_t> without_row(std::string_view image);
    /// Logs the counts and records options and counts in the provenance: view, uncertain, unmentioned, label_rules,
    /// left_out_by_view. Throws UserError if no image was taken.
    void record(DatasetIndex& index) const;

private:
    StudyLabelOptions options_;
    std::size_t taken_ = 0, uncertain_ = 0, unmentioned_ = 0, without_row_ = 0;
    std::vector<std::string> first_without_row_;
    std::map<std::string, std::size_t, std::less<>> left_out_; ///< images by the view's word
};

} // namespace mlvicx
