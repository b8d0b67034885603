#include "datasets/importers/nih.h"

#include "core/error.h"
#include "core/utf8.h"
#include "datasets/importers/attribute_columns.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/importers/whole_number.h"
#include "datasets/text/csv.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// An image's name without its extension: copies may be .jpg or .PNG.
std::string stem_of(const ImageEntry& image) {
    return fs::path(image.id).stem().string();
}

/// The names of NIH's own table, or of that of Kaggle's sample of 5,606 images, in the folder.
std::vector<std::string> entry_tables(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if ((name.starts_with("Data_Entry_2017") && lower(name).ends_with(".csv")) || name == "sample_labels.csv")
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

fs::path entry_table(const fs::path& folder) {
    const std::string where = printable_utf8(folder.string());
    if (!fs::is_directory(folder)) user_error("{}: no such folder, expected NIH's CSV and list files", where);
    const auto names = entry_tables(folder);
    if (names.size() != 1)
        user_error("{}: expected one file Data_Entry_2017*.csv or sample_labels.csv, found {}", where,
                   names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
    return folder / names.front();
}

/// Index of a finding in nih_classes(); none if it is unknown.
std::optional<std::size_t> class_of(std::string_view finding) {
    if (finding == "Infiltrate") finding = "Infiltration"; // the box list's word
    const auto& classes = nih_classes();
    const auto found = std::find(classes.begin(), classes.end(), finding);
    if (found == classes.end()) return {};
    return static_cast<std::size_t>(found - classes.begin());
}

[[noreturn]] void unknown_finding(const Csv& table, std::size_t row, std::string_view finding) {
    user_error("{}: unknown finding \"{}\", expected one of {}, or only No Finding", table.where(row), finding,
               fmt::join(nih_classes(), ", "));
}

std::vector<std::int8_t> labels_from(const Csv& table, std::size_t row, std::string_view findings) {
    std::vector<std::int8_t> labels(nih_classes().size(), 0);
    if (findings == "No Finding") return labels;
    for (std::size_t begin = 0; begin <= findings.size();) {
        const std::size_t end = std::min(findings.find('|', begin), findings.size());
        const auto finding = trimmed(findings.substr(begin, end - begin));
        const auto label = class_of(finding);
        if (!label) unknown_finding(table, row, finding);
        labels[*label] = 1;
        begin = end + 1;
    }
    return labels;
}

/// NIH's patients are numbers, which copies of the table spell differently: 13, 00000013, 13.0, and "1,234" with a
/// thousands separator. A patient gets the same name for all spellings.
std::string patient_from(const Csv& table, std::size_t row, std::size_t column) {
    std::string text(table.cell(row, column));
    if (text.empty()) user_error("{}: has no {}", table.where(row), table.columns()[column]);
    const auto first = text.find(',');
    bool thousands = first >= 1 && first <= 3;
    for (std::size_t at = first; thousands && at < text.size(); at += 4)
        thousands = text[at] == ',' && at + 4 <= text.size() && text.find(',', at + 1) >= at + 4;
    if (thousands) std::erase(text, ',');
    return whole_number(table, row, column, text);
}

void read_images(DatasetIndex& index, const fs::path& file) {
    const Csv table(file);
    table.require_whole();
    const std::size_t name = table.column("Image Index"), findings = table.column("Finding Labels"),
                      patient = table.column("Patient ID");
    AttributeReading attributes(table, attribute_columns(table));
    index.images.resize(table.rows());
    for (std::size_t row = 0; row < table.rows(); ++row) {
        ImageEntry& image = index.images[row];
        image.id = table.cell(row, name);
        if (image.id.empty()) user_error("{}: has no Image Index", table.where(row));
        image.patient = patient_from(table, row, patient);
        image.labels = labels_from(table, row, table.cell(row, findings));
        image.frame = {published_side, published_side};
        image.attributes = attributes.read(row, image.id);
    }
    attributes.record(index);
    if (index.images.empty()) user_error("{}: has no images, only a header", file.string());
    record_source(index, file);
}

/// The names in a list file without their extension, which copies may have changed.
std::unordered_set<std::string> read_list(DatasetIndex& index, const fs::path& file) {
    if (!fs::exists(file))
        user_error("{}: is missing, but the official split requires it; --split patient (split kind patient in a plan) "
                   "needs no lists",
                   printable_utf8(file.string()));
    record_source(index, file);
    std::unordered_set<std::string> stems;
    for (const auto& name : read_names(file)) stems.insert(fs::path(name).stem().string());
    return stems;
}

/// A copy of the table may have fewer images, so other names in the lists are ignored.
void split_by_lists(DatasetIndex& index, const fs::path& folder) {
    const auto train = read_list(index, folder / "train_val_list.txt"),
               test = read_list(index, folder / "test_list.txt");
    for (ImageEntry& image : index.images) {
        const bool in_train = train.contains(stem_of(image)), in_test = test.contains(stem_of(image));
        if (in_train == in_test)
            user_error("{}: image {} is in {} of train_val_list.txt and test_list.txt, expected exactly one; --split "
                       "patient (split kind patient in a plan) needs no lists",
                       printable_utf8(folder.string()), image.id, in_train ? "both" : "neither");
        image.split = in_train ? Split::train : Split::test;
    }
}

/// Finds the image files, wherever they are: the usual folders take precedence (there may be smaller copies or masks
/// next to them).
void find_nih_images(DatasetIndex& index, const fs::path& root, bool allow_missing) {
    std::vector<fs::path> usual;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root, error))
        if (entry.path().filename().string().starts_with("images_")) usual.push_back(entry.path() / "images");
    std::sort(usual.begin(), usual.end());
    usual.push_back(root / "images");
    usual.push_back(root);
    const ImageTree found(root, usual);
    std::vector<MissingFile> missing;
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        ImageEntry& image = index.images[i];
        image.file = found.find(stem_of(image), image.id);
        if (image.file.empty()) missing.push_back({i, false, found.tried(stem_of(image))});
    }
    leave_out_missing(index, missing, allow_missing, root);
}

/// BBox_List_2017.csv. Its header has one column `Bbox [x,y,w,h]`, which a CSV reader sees as four.
void read_boxes(DatasetIndex& index, const fs::path& file) {
    const Csv table(file);
    table.require_whole();
    const auto by_id = positions(index);
    const std::size_t name = table.column("Image Index"), finding = table.column("Finding Label"),
                      first = table.column("Bbox [x");
    if (first + 4 > table.columns().size() || table.columns()[first + 3] != "h]")
        user_error("{}: expected the four columns Bbox [x,y,w,h]; found: {}", file.string(),
                   fmt::join(table.columns(), ", "));
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto label = class_of(table.cell(row, finding));
        if (!label) unknown_finding(table, row, table.cell(row, finding));
        double place[4];
        for (std::size_t k = 0; k < 4; ++k) {
            const auto number = number_from(table.cell(row, first + k));
            if (!number || *number < 0)
                user_error("{}: the box has \"{}\", expected a number of pixels", table.where(row),
                           table.cell(row, first + k));
            place[k] = *number;
        }
        const auto image = by_id.find(table.cell(row, name)); // absent if the image is missing
        if (image != by_id.end())
            index.boxes.push_back({image->second, *label, place[0], place[1], place[2], place[3]});
    }
    record_source(index, file);
}

} // namespace

const std::vector<std::string>& nih_classes() {
    static const std::vector<std::string> classes = {
        "Atelectasis", "Cardiomegaly", "Effusion",           "Infiltration",  "Mass",
        "Nodule",      "Pneumonia",    "Pneumothorax",       "Consolidation", "Edema",
        "Emphysema",   "Fibrosis",     "Pleural_Thickening", "Hernia"};
    return classes;
}

std::unordered_map<std::string, AttributeTexts> nih_attributes(DatasetIndex& index, const fs::path& folder) {
    if (!fs::is_directory(folder) || entry_tables(folder).empty()) return {};
    const fs::path file = entry_table(folder);
    const Csv table(file);
    const std::size_t name = table.column("Image Index");
    AttributeReading reading(table, attribute_columns(table));
    std::unordered_map<std::string, AttributeTexts> found;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string image(table.cell(row, name));
        found.emplace(fs::path(image).stem().string(), reading.read(row, image));
    }
    reading.record(index);
    record_source(index, file);
    return found;
}

DatasetIndex read_nih(const SourceOptions& source) {
    const fs::path folder = source.table_folder();
    const SplitOptions& split = source.split;
    DatasetIndex index;
    index.dataset = "nih";
    index.classes = nih_classes();
    index.provenance = provenance_of("nih", source);
    read_images(index, entry_table(folder));
    compare_with_published(index, {{"images", 112120, index.images.size()}, {"patients", 30805, patients(index)}});
    positions(index); // no duplicate ids
    if (split.kind == "official") {
        split_by_lists(index, folder);
        carve_validation(index, split);
    } else {
        split_as_asked(index, source);
    }
    require_disjoint_patients(index);

    find_nih_images(index, source.image_folder(), source.allow_missing);
    if (const fs::path boxes = folder / "BBox_List_2017.csv"; fs::exists(boxes)) read_boxes(index, boxes);
    return index;
}

} // namespace mlvicx
