#include "datasets/importers/manifest.h"

#include "core/error.h"
#include "core/progress.h"
#include "datasets/importers/manifest_columns.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/text/label_words.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// A cell that must not be empty.
std::string required(const Csv& table, std::size_t row, std::size_t column) {
    const auto cell = table.cell(row, column);
    if (cell.empty()) user_error("{}: column \"{}\" is empty", table.where(row), table.columns()[column]);
    if (cell.find_first_of("\r\n") != std::string_view::npos)
        user_error("{}: column \"{}\" contains a line break", table.where(row), table.columns()[column]);
    return std::string(cell);
}

/// Reads the rows according to the purposes of their columns.
class Rows {
public:
    Rows(const Csv& table, const ManifestColumns& columns, fs::path folder)
        : table_(table), columns_(columns), folder_(std::move(folder)), attributes_(table, columns.attributes) {}

    void read(DatasetIndex& index) {
        for (std::size_t row = 0; row < table_.rows(); ++row) index.images.push_back(image(row));
        index.provenance["label_words"] = words_.counts();
        attributes_.record(index);
    }
    std::vector<MissingFile> missing; ///< among the images read
    std::string mask_hint;            ///< if a mask column holds something else

private:
    ImageEntry image(std::size_t row) {
        ImageEntry image;
        const std::string path = required(table_, row, columns_.path);
        image.file = folder_ / path;
        image.id = columns_.id ? required(table_, row, *columns_.id) : path;
        image.patient = columns_.patient ? patient(row) : image.id;
        image.attributes = attributes_.read(row, image.id);
        if (columns_.split) image.split = split_from(required(table_, row, *columns_.split), table_.where(row));
        for (const std::size_t column : columns_.labels) image.labels.push_back(label(row, column));
        look_for(image.file, row, false);
        for (const std::size_t column : columns_.masks) image.masks.push_back(mask(row, column));
        return image;
    }

    std::int8_t label(std::size_t row, std::size_t column) {
        const auto cell = table_.cell(row, column);
        const auto label = label_word(cell);
        if (!label)
            user_error("{}: label column \"{}\" holds \"{}\", expected {}", table_.where(row), table_.columns()[column],
                       cell, labels_expected);
        words_.count(cell, *label);
        return *label;
    }

    /// One person under two spellings of a number would count as two patients.
    std::string patient(std::size_t row) {
        std::string name = required(table_, row, *columns_.patient);
        if (is_blank_word(name))
            user_error("{}: column \"{}\" holds \"{}\", expected the patient's name or number", table_.where(row),
                       table_.columns()[*columns_.patient], name);
        if (const auto number = number_from(name);
            number && std::abs(*number) < 1e15 && *number == std::floor(*number)) {
            const auto [other, is_new] = numbers_.emplace(*number, row);
            if (!is_new && name != table_.cell(other->second, *columns_.patient))
                user_error("{}: patient \"{}\" is the same number as \"{}\" in {}, expected one spelling per patient",
                           table_.where(row), name, table_.cell(other->second, *columns_.patient),
                           table_.where(other->second));
        }
        return name;
    }

    Mask mask(std::size_t row, std::size_t column) {
        const auto cell = table_.cell(row, column);
        Mask mask;
        if (cell.empty()) return mask;
        if (!look_for(folder_ / cell, row, true)) {
            if (is_blank_word(cell)) { // what programs write for an empty cell
                missing.pop_back();
                return mask;
            }
            if (label_word(cell) && mask_hint.empty())
                mask_hint = fmt::format("; column \"{}\" holds \"{}\", expected mask paths: rename it, or list it in "
                                        "--labels (labels in a plan) if it is a finding",
                                        table_.columns()[column], cell);
        }
        mask.files = {folder_ / cell};
        return mask;
    }

    bool look_for(const fs::path& file, std::size_t row, bool is_mask) {
        std::error_code error;
        if (fs::is_regular_file(file, error)) return true;
        // Only one path is shown; the others are just counted.
        const bool first = std::none_of(missing.begin(), missing.end(),
                                        [&](const MissingFile& before) { return before.is_mask == is_mask; });
        missing.push_back({row, is_mask, first ? tried_path(file) : std::string()});
        return false;
    }

    const Csv& table_;
    const ManifestColumns& columns_;
    fs::path folder_;
    AttributeReading attributes_;
    LabelWords words_;
    std::map<double, std::size_t> numbers_; ///< numeric patient names, and the first row of each
};

/// Determines the patients if no column names them.
void patients_from_paths(DatasetIndex& index, const Csv& table, const ManifestColumns& columns) {
    std::vector<std::string> folders;
    for (std::size_t row = 0; row < table.rows(); ++row)
        if (auto folder = patient_folder(table.cell(row, columns.path)); !folder.empty())
            folders.push_back(std::move(folder));
    if (folders.size() < table.rows())
        return say_patients_unknown(index, table.name() + ": no column patient", columns.patient_hint);
    for (std::size_t i = 0; i < folders.size(); ++i) index.images[i].patient = folders[i];
    say("{}: no column patient: taking the patient from the folder in every path ({}, ...)", table.name(),
        folders.front());
    index.provenance["patients"] = fmt::format("by folder of the path ({}, ...)", folders.front());
}

void assign_splits(DatasetIndex& index, const Csv& table, const ManifestColumns& columns, const SourceOptions& source) {
    const SplitOptions& split = source.split;
    if (split.by_lists()) return split_as_asked(index, source);
    if (!columns.split) {
        say("{}: no column split: split by patient with seed {}{}", table.name(), split.seed, columns.split_hint);
        index.provenance["splits"] = "by a hash of the patient";
        return split_as_asked(index, source);
    }
    index.provenance["splits"] = fmt::format("by column \"{}\"", table.columns()[*columns.split]);
    if (std::any_of(index.images.begin(), index.images.end(),
                    [](const ImageEntry& image) { return image.split == Split::validation; }))
        return;
    carve_validation(index, split);
    index.provenance["splits"] =
        fmt::format("by column \"{}\"; it names no validation, which is {:g} of its training patients",
                    table.columns()[*columns.split], split.validation);
}

void record_left_out(DatasetIndex& index, const Csv& table, const ManifestColumns& columns) {
    if (columns.left_out.empty()) return;
    json::object reasons;
    std::vector<std::string> names;
    for (const auto& [name, reason] : columns.left_out) {
        reasons[name] = reason;
        names.push_back(name);
    }
    say("{}: labels are {}; ignored columns: {}", table.name(), first_of(index.classes, 14), first_of(names, 8));
    index.provenance["columns_left_out"] = std::move(reasons);
}

} // namespace

void fields(Fields& f, ManifestOptions& options) {
    f.field({"manifest", "The CSV file", FieldKey::file}, options.file);
    f.field({"labels", "Label columns, separated by commas (default: all that hold labels)"}, options.labels);
    f.field({"patient_column", "The column that names the patient (default: patient, or a common name for it)"},
            options.patient_column);
}

DatasetIndex read_manifest(const SourceOptions& source, const ManifestOptions& options) {
    const fs::path file = options.file;
    const fs::path folder = source.root.empty() ? file.parent_path() : fs::path(source.root);
    const Csv table(file);
    if (table.rows() == 0) user_error("{}: has no images, only a header", table.name());
    ManifestColumns columns = manifest_columns(table, options.labels, options.patient_column);
    if (source.split.by_lists()) columns.split.reset(); // the lists take precedence
    if (!columns.split && source.split.kind == "official")
        user_error("{}: has no column \"split\", which the official split requires; add it or choose --split patient "
                   "(split kind patient in a plan){}",
                   table.name(), columns.split_hint);
    DatasetIndex index;
    index.dataset = "manifest";
    for (const std::size_t column : columns.labels) index.classes.push_back(table.columns()[column]);
    for (const std::size_t column : columns.masks) {
        const std::string& name = table.columns()[column];
        index.mask_names.push_back(name == "mask" ? name : name.substr(5));
    }
    SplitOptions split = source.split;
    index.provenance = {{"importer", "manifest"},
                        {"file", options.file},
                        {"split_column", columns.split.has_value()},
                        {"split", resolved([&](Fields& f) { fields(f, split); })}};
    record_source(index, file);
    if (!source.root.empty()) index.provenance["root"] = source.root;
    record_left_out(index, table, columns);

    Rows rows(table, columns, folder);
    rows.read(index);
    positions(index); // no duplicate ids
    if (columns.patient)
        index.provenance["patients"] = fmt::format("by column \"{}\"", table.columns()[*columns.patient]);
    else
        patients_from_paths(index, table, columns);
    const auto leave_out = [&] { leave_out_missing(index, rows.missing, source.allow_missing, file, rows.mask_hint); };
    const bool by_lists =
        source.split.by_lists(); // which leaves out images too, so that `missing` names others after it
    if (by_lists) leave_out();
    assign_splits(index, table, columns, source);
    require_disjoint_patients(index);
    if (!by_lists) leave_out();
    return index;
}

} // namespace mlvicx
