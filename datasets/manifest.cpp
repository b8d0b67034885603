#include "datasets/manifest.h"

#include "core/error.h"
#include "datasets/csv.h"
#include "datasets/sources.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

bool is_mask(const std::string& name) {
    return name == "mask" || (name.starts_with("mask_") && name.size() > 5);
}

/// Whether a column holds numbers only, and at least one.
bool is_numeric(const Csv& table, std::size_t column) {
    bool any = false;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto cell = table.cell(row, column);
        if (cell.empty()) continue;
        if (!number_from(cell)) return false;
        any = true;
    }
    return any;
}

std::vector<std::string> label_columns(const Csv& table, const std::vector<std::string>& named) {
    if (!named.empty()) return named;
    std::vector<std::string> found;
    for (std::size_t column = 0; column < table.columns().size(); ++column) {
        const std::string& name = table.columns()[column];
        const bool other = name == "path" || name == "id" || name == "patient" || name == "split" || is_mask(name);
        if (!other && is_numeric(table, column)) found.push_back(name);
    }
    if (found.empty())
        user_error("{}: no column besides path, id, patient, split and mask holds numbers, expected label columns; "
                   "found: {}",
                   table.file().string(), fmt::join(table.columns(), ", "));
    return found;
}

std::int8_t label_from(const Csv& table, std::size_t row, std::size_t column) {
    const auto cell = table.cell(row, column);
    if (cell.empty()) return -1;
    const auto number = number_from(cell);
    if (!number || (*number != 1 && *number != 0 && *number != -1))
        user_error("{}: label column \"{}\" holds \"{}\", expected 1, 0, -1 or nothing; name the label columns with "
                   "--labels (labels in a plan) if this is none",
                   table.where(row), table.columns()[column], cell);
    return static_cast<std::int8_t>(*number);
}

/// A cell that must not be empty.
std::string required(const Csv& table, std::size_t row, std::size_t column) {
    const auto cell = table.cell(row, column);
    if (cell.empty()) user_error("{}: column \"{}\" is empty", table.where(row), table.columns()[column]);
    if (cell.find('\n') != std::string_view::npos)
        user_error("{}: column \"{}\" holds a line break", table.where(row), table.columns()[column]);
    return std::string(cell);
}

struct Columns {
    std::size_t path = 0;
    std::optional<std::size_t> id, patient, split;
    std::vector<std::size_t> labels, masks;
};

Film film_from(const Csv& table, std::size_t row, const Columns& columns, const fs::path& folder) {
    Film film;
    const std::string path = required(table, row, columns.path);
    film.image = folder / path;
    film.id = columns.id ? required(table, row, *columns.id) : path;
    film.patient = columns.patient ? required(table, row, *columns.patient) : film.id;
    if (columns.split) film.split = split_from(required(table, row, *columns.split), table.where(row));
    for (const std::size_t column : columns.labels) film.labels.push_back(label_from(table, row, column));
    bool complete = fs::is_regular_file(film.image);
    for (const std::size_t column : columns.masks) {
        const auto cell = table.cell(row, column);
        film.masks.emplace_back();
        if (cell.empty()) continue;
        film.masks.back().files = {folder / cell};
        complete = complete && fs::is_regular_file(folder / cell);
    }
    if (!complete) film.image.clear(); // counted as missing
    return film;
}

} // namespace

DatasetIndex read_manifest(const ManifestOptions& options) {
    const Csv table(options.file);
    if (table.rows() == 0) user_error("{}: holds no films, only a header", options.file.string());
    DatasetIndex index;
    index.dataset = "manifest";
    index.classes = label_columns(table, options.labels);
    Columns columns;
    columns.path = table.column("path");
    for (auto [name, place] : {std::pair{"id", &columns.id}, {"patient", &columns.patient}, {"split", &columns.split}})
        if (table.find(name)) *place = table.column(name);
    for (const auto& name : index.classes) columns.labels.push_back(table.column(name));
    for (const auto& name : table.columns()) {
        if (!is_mask(name)) continue;
        columns.masks.push_back(table.column(name));
        index.mask_names.push_back(name == "mask" ? name : name.substr(5));
    }
    if (!columns.split && options.split.kind == "official")
        user_error("{}: has no column \"split\", which the official split needs; add it or choose split kind patient",
                   options.file.string());

    SplitOptions split = options.split;
    index.provenance = {{"importer", "manifest"},
                        {"file", options.file.string()},
                        {"split_column", columns.split.has_value()},
                        {"split", resolved([&](Fields& f) { fields(f, split); })}};
    record_source(index, options.file);
    const fs::path folder = options.root.empty() ? options.file.parent_path() : options.root;
    if (!options.root.empty()) index.provenance["root"] = options.root.string();
    for (std::size_t row = 0; row < table.rows(); ++row) index.films.push_back(film_from(table, row, columns, folder));
    positions(index); // each id once
    if (!columns.split) {
        split_by_patient(index, split);
    } else if (std::none_of(index.films.begin(), index.films.end(),
                            [](const Film& film) { return film.split == Split::validation; })) {
        carve_validation(index, split);
    }
    require_disjoint_patients(index);
    leave_out_missing(index, options.allow_missing, options.file);
    return index;
}

} // namespace mlvicx
