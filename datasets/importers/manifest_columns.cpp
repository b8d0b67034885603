#include "datasets/importers/manifest_columns.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/index.h"
#include "datasets/text/label_words.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace mlvicx {

namespace {

constexpr std::array<std::string_view, 23> patient_names = {
    "patient",       "patientid",     "patientno",  "patientnr",  "patientnum",
    "patientnumber", "patientcode",   "patientkey", "patientuid", "patientidentifier",
    "ptid",          "pat",           "patid",      "patno",      "patnr",
    "pid",           "mrn",           "subject",    "subjectid",  "subjectno",
    "subjectnumber", "participantid", "personid"};

bool has_part(const std::string& name, std::initializer_list<const char*> parts) {
    return std::any_of(parts.begin(), parts.end(), [&](const char* p) { return name.find(p) != std::string::npos; });
}

/// Whether the name refers to a person, not to the person's age or the like.
bool may_be_patient(std::string_view name) {
    const std::string text = plain_name(name);
    return (text.starts_with("case") || has_part(text, {"patient", "subject", "person", "participant"})) &&
           !has_part(text, {"age", "sex", "gender", "birth", "position", "orient", "weight", "height", "size", "race",
                            "ethnic", "class", "status", "history"});
}

bool is_mask(const std::string& name) {
    return name == "mask" || (name.starts_with("mask_") && name.size() > 5);
}

/// What a column's cells are, ignoring blank ones.
struct Cells {
    std::size_t blank = 0, known = 0, unknown = 0, odd = 0, splits = 0;
    std::size_t first_odd = 0; ///< row
};

Cells cells_of(const Csv& table, std::size_t column) {
    Cells cells;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto cell = table.cell(row, column);
        if (is_blank_word(cell)) {
            ++cells.blank;
        } else if (const auto label = label_word(cell)) {
            ++(*label < 0 ? cells.unknown : cells.known);
        } else if (cells.splits += split_word(cell).has_value(); cells.odd++ == 0) {
            cells.first_odd = row;
        }
    }
    return cells;
}

/// Finds a column by name (case-insensitive); an exact match takes precedence.
std::optional<std::size_t> find_any_case(const Csv& table, const std::string& name) {
    if (table.find(name)) return table.column(name);
    std::optional<std::size_t> found;
    for (std::size_t c = 0; c < table.columns().size(); ++c) {
        if (lower(table.columns()[c]) != name) continue;
        if (found)
            user_error("{}: the columns \"{}\" and \"{}\" may both be {}; give one of them exactly that name",
                       table.name(), table.columns()[*found], table.columns()[c], name);
        found = c;
    }
    if (found) say("{}: using column \"{}\" as {}", table.name(), table.columns()[*found], name);
    return found;
}

class Finder {
public:
    Finder(const Csv& table, const std::vector<std::string>& labels) : table_(table), labels_(labels) {}

    ManifestColumns find(const std::string& patient_column) {
        if (const auto path = find_any_case(table_, "path"))
            columns_.path = *path;
        else
            columns_.path = table_.column("path");
        take(columns_.path);
        for (const auto& name : labels_) {
            columns_.labels.push_back(table_.column(name));
            take(columns_.labels.back());
        }
        if (table_.find("id") && free(*table_.find("id"))) take(*(columns_.id = table_.column("id")));
        find_patient(patient_column);
        if (const auto split = find_any_case(table_, "split"); split && free(*split)) take(*(columns_.split = split));
        for (const auto& name : table_.columns())
            if (is_mask(name) && free(*table_.find(name))) {
                columns_.masks.push_back(table_.column(name));
                take(columns_.masks.back());
            }
        columns_.attributes = attribute_columns(table_, [&](std::size_t c) { return free(c); });
        for (std::size_t c = 0; c < table_.columns().size(); ++c)
            if (free(c)) look_at(c);
        if (columns_.labels.empty())
            user_error("{}: no column other than path, id, patient, split and mask holds labels, expected label "
                       "columns ({}); found: {}",
                       table_.name(), labels_expected, fmt::join(table_.columns(), ", "));
        return std::move(columns_);
    }

private:
    bool free(std::size_t column) const { return !taken_.contains(column); }
    void take(std::size_t column) { taken_.insert(column); }
    const std::string& name(std::size_t column) const { return table_.columns()[column]; }

    void find_patient(const std::string& given) {
        if (!given.empty()) columns_.patient = table_.column(given);
        if (given.empty() && table_.find("patient") && free(*table_.find("patient")))
            columns_.patient = table_.column("patient");
        if (!columns_.patient) find_usual_patient();
        if (columns_.patient) return take(*columns_.patient);
        std::vector<std::string> alike;
        for (std::size_t c = 0; c < table_.columns().size(); ++c)
            if (free(c) && may_be_patient(name(c))) alike.push_back('"' + name(c) + '"');
        if (!alike.empty())
            columns_.patient_hint =
                fmt::format("; if {} is the patient, say so with --patient-column (patient_column in a plan)",
                            fmt::join(alike, " or "));
    }

    void find_usual_patient() {
        std::vector<std::size_t> usual;
        for (std::size_t c = 0; c < table_.columns().size(); ++c)
            if (free(c) &&
                std::find(patient_names.begin(), patient_names.end(), plain_name(name(c))) != patient_names.end())
                usual.push_back(c);
        if (usual.size() > 1)
            user_error("{}: the columns \"{}\" and \"{}\" may both be the patient; choose one with --patient-column "
                       "(patient_column in a plan)",
                       table_.name(), name(usual[0]), name(usual[1]));
        if (usual.empty()) return;
        columns_.patient = usual.front();
        say("{}: using column \"{}\" as the patient", table_.name(), name(usual.front()));
    }

    void leave_out(std::size_t column, std::string reason) {
        columns_.left_out.push_back(
            {name(column).empty() ? fmt::format("column {}", column + 1) : name(column), std::move(reason)});
    }

    bool is_attribute(std::size_t column) const {
        return std::any_of(columns_.attributes.begin(), columns_.attributes.end(), [&](const auto& columns) {
            return std::find(columns.begin(), columns.end(), column) != columns.end();
        });
    }

    /// Handles a column without another purpose: a label column, an attribute's, or left out.
    void look_at(std::size_t column) {
        const Cells cells = cells_of(table_, column);
        const std::size_t filled = cells.known + cells.unknown + cells.odd;
        if (is_attribute(column)) {
            if (!labels_.empty() || cells.odd > 0 || cells.known == 0) return;
            for (auto& columns : columns_.attributes) std::erase(columns, column); // labels: a sex coded 0 and 1
        }
        if (cells.splits > 0 && cells.splits == filled) {
            columns_.split_hint +=
                fmt::format("; column \"{}\" holds names of splits: rename it to split if it is one", name(column));
            return leave_out(column, "holds names of splits, but is not named split");
        }
        if (!labels_.empty()) return leave_out(column, "is not among the requested labels");
        if (name(column).empty() || plain_name(name(column)).starts_with("unnamed"))
            return leave_out(column, "has no name");
        if (filled == 0) return leave_out(column, "is blank in every row");
        if (cells.odd == 0 && cells.known == 0) return leave_out(column, "is unknown in every row");
        if (cells.odd == 0) return columns_.labels.push_back(table_.column(name(column))); // no duplicate names
        const auto odd = table_.cell(cells.first_odd, column);
        if (cells.known >= cells.odd)
            user_error("{}: label column \"{}\" holds \"{}\", expected {}; list the label columns with --labels "
                       "(labels in a plan) if this is not one",
                       table_.where(cells.first_odd), name(column), odd, labels_expected);
        leave_out(column, fmt::format("{} of its {} cells are not labels, first \"{}\"", cells.odd, filled,
                                      utf8_prefix(odd, 40)));
    }

    const Csv& table_;
    const std::vector<std::string>& labels_;
    ManifestColumns columns_;
    std::set<std::size_t> taken_;
};

} // namespace

ManifestColumns manifest_columns(const Csv& table, const std::vector<std::string>& labels,
                                 const std::string& patient_column) {
    return Finder(table, labels).find(patient_column);
}

std::string patient_folder(std::string_view path) {
    const auto is_number = [](std::string_view text, std::size_t least) {
        return text.size() >= least &&
               std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    };
    for (std::size_t begin = 0, end; begin < path.size(); begin = end + 1) {
        end = std::min(path.find_first_of("/\\", begin), path.size());
        if (end == path.size()) break; // the file's own name
        const auto folder = path.substr(begin, end - begin), below = path.substr(end + 1);
        const std::string name = lower(folder);
        if (name.starts_with("patient") && is_number(folder.substr(7), 1)) return std::string(folder);
        if (name.starts_with("p") && is_number(folder.substr(1), 8) && below.starts_with("s") &&
            is_number(below.substr(1, 8), 8))
            return std::string(folder);
    }
    return {};
}

} // namespace mlvicx
