#include "datasets/importers/chexpert.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/importers/attribute_columns.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr const char* train_table = "train.csv";
constexpr const char* valid_table = "valid.csv";
constexpr std::size_t folders_of_id = 2; ///< patient and study

bool has_table(const fs::path& folder, const std::string& name) {
    return fs::is_regular_file(folder / name) || fs::is_regular_file(folder / (name + ".gz"));
}

fs::path table_in(const fs::path& folder, const std::string& name) {
    return one_of(folder, {name, name + ".gz"});
}

/// The folder of the tables: this one, or the one in it that has train.csv.
fs::path folder_of_tables(const fs::path& folder) {
    const std::string where = printable_utf8(folder.string());
    if (!fs::is_directory(folder)) user_error("{}: no such folder, expected one with {}", where, train_table);
    if (has_table(folder, train_table)) return folder;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_directory() && has_table(entry.path(), train_table)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    if (found.empty())
        user_error("{}: has no {} (or {}.gz), here or in one of its folders", where, train_table, train_table);
    if (found.size() > 1)
        user_error("{}: {} is in {} and in {}; expected one: choose by --metadata (metadata in a plan)", where,
                   train_table, found[0].filename().string(), found[1].filename().string());
    return found.front();
}

/// An image's patient, and its path from the patient on.
struct Place {
    std::string patient, id;
};

/// None if the path does not end in patientNNNNN/study/file.
std::optional<Place> place_of(std::string_view path) {
    std::size_t begin = path.size();
    for (std::size_t part = 0; part <= folders_of_id; ++part) {
        if (begin == 0) return {};
        const auto slash = path.find_last_of('/', begin - 1);
        begin = slash == std::string_view::npos ? 0 : slash;
    }
    if (path[begin] == '/') ++begin;
    const std::string_view id = path.substr(begin), name = id.substr(0, id.find('/'));
    constexpr std::string_view word = "patient";
    if (!name.starts_with(word)) return {};
    std::string_view number = name.substr(word.size());
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) return {};
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size() - 1));
    return Place{std::string(number), std::string(id)};
}

/// Reads the tables into images in order of appearance.
class ChexpertReading {
public:
    ChexpertReading(DatasetIndex& index, const StudyLabelOptions& options) : index_(index), labels_(options) {}

    /// `name`: of the table in the provenance.
    void read(const fs::path& file, Split split, const std::string& name) {
        const Csv table(file);
        table.require_whole();
        const LabelColumns columns(table);
        const std::size_t path = table.column("Path"), side = table.column("Frontal/Lateral");
        for (std::size_t row = 0; row < table.rows(); ++row) {
            const auto place = place_of(table.cell(row, path));
            if (!place)
                user_error("{}: Path is \"{}\", expected one that ends like patient00001/study1/view1_frontal.jpg",
                           table.where(row), printable_utf8(table.cell(row, path)));
            const WrittenLabels written = columns.read(row);
            const std::string_view word = table.cell(row, side);
            const std::string view = view_of(word);
            rows_[split == Split::test] += 1;
            frontal_tests_ += split == Split::test && view == "frontal";
            if (!labels_.takes(view, word)) continue;
            ImageEntry image;
            image.id = place->id;
            image.patient = place->patient;
            image.split = split;
            image.labels = labels_.of(written);
            image.attributes = attributes(table, row, place->id);
            index_.images.push_back(std::move(image));
        }
        if (table.rows() == 0) user_error("{}: has no images, only a header", table.name());
        record_source(index_, file, name);
    }

    void record() const {
        labels_.record(index_);
        words_.record(index_, {{"sex", "column \"Sex\""},
                               {"age", "column \"Age\", 0 as unknown"},
                               {"view", "columns \"AP/PA\", \"Frontal/Lateral\""}});
        compare_with_published(index_, {{"images", 223648, rows_[0] + rows_[1]},
                                        {"images in train.csv", 223414, rows_[0]},
                                        {"images in valid.csv", 234, rows_[1]},
                                        {"frontal images in valid.csv", 202, frontal_tests_}});
    }
    std::size_t rows(Split split) const { return rows_[split == Split::test]; }

private:
    AttributeTexts attributes(const Csv& table, std::size_t row, const std::string& id) {
        AttributeTexts texts;
        const auto sex = table.cell(row, table.column("Sex")), age = table.cell(row, table.column("Age"));
        texts[sex_attribute] = words_.read(sex_attribute, id, sex);
        if (texts[sex_attribute].empty()) words_.note({"sex unknown", id});
        texts[age_attribute] = words_.read(age_attribute, id, age);
        if (texts[age_attribute] == "0") {
            texts[age_attribute].clear();
            words_.note({"age 0, taken as unknown", id});
        }
        const auto side = words_.read(view_attribute, id, table.cell(row, table.column("Frontal/Lateral")));
        texts[view_attribute] = words_.read(view_attribute, id, table.cell(row, table.column("AP/PA")));
        if (texts[view_attribute].empty()) texts[view_attribute] = side;
        return texts;
    }

    DatasetIndex& index_;
    StudyLabels labels_;
    AttributeWords words_;
    std::size_t rows_[2] = {0, 0}; ///< of train.csv and valid.csv
    std::size_t frontal_tests_ = 0;
};

void find_chexpert_images(DatasetIndex& index, const fs::path& folder, bool allow_missing) {
    const ImageTree found(folder, {}, folders_of_id);
    std::vector<MissingFile> missing;
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        ImageEntry& image = index.images[i];
        const std::string id = fs::path(image.id).replace_extension().string();
        image.file = found.find(id);
        if (image.file.empty()) missing.push_back({i, false, found.tried(id)});
    }
    leave_out_missing(index, missing, allow_missing, folder);
}

} // namespace

DatasetIndex read_chexpert(const SourceOptions& source, const StudyLabelOptions& options) {
    DatasetIndex index;
    index.dataset = "chexpert";
    index.classes = study_classes();
    index.provenance = provenance_of("chexpert", source);
    const fs::path given = source.table_folder(), folder = folder_of_tables(given);
    const bool official = source.split.kind == "official", tested = has_table(folder, valid_table);
    if (official && !tested)
        user_error("{}: has no {}, which the official split requires; --split patient (split kind patient in a plan) "
                   "splits the images of {}",
                   printable_utf8(folder.string()), valid_table, train_table);

    ChexpertReading reading(index, options);
    for (const auto& [table, split] : {std::pair(train_table, Split::train), {valid_table, Split::test}}) {
        if (split == Split::test && !tested) continue;
        const fs::path file = table_in(folder, table);
        const fs::path name = folder == given ? file.filename() : folder.filename() / file.filename();
        reading.read(file, split, name.generic_string());
    }
    positions(index); // no duplicate ids
    reading.record();
    if (official) {
        carve_validation(index, source.split);
        index.provenance["splits"] =
            fmt::format("test is valid.csv ({} images of all views); validation is {:g} of the patients of train.csv "
                        "({})",
                        reading.rows(Split::test), source.split.validation, reading.rows(Split::train));
    } else {
        split_as_asked(index, source);
    }
    require_disjoint_patients(index);
    find_chexpert_images(index, source.image_folder(), source.allow_missing);
    return index;
}

} // namespace mlvicx
