#include "datasets/importers/mimic.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/importers/attribute_columns.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/importers/whole_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_map>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Labels of test studies by radiologists, new in release 2.1.0.
constexpr const char* radiologists = "mimic-cxr-2.1.0-test-set-labeled.csv";

/// The prefix is the same in release 2.1.0.
fs::path mimic_table(const fs::path& folder, const std::string& kind) {
    const std::string name = "mimic-cxr-2.0.0-" + kind + ".csv";
    return one_of(folder, {name, name + ".gz"});
}

/// "10000032/50414267": a study's patient and number.
std::string study_of(const Csv& table, std::size_t row) {
    return whole_number(table, row, table.column("subject_id")) + "/" +
           whole_number(table, row, table.column("study_id"));
}

std::string image_of(const Csv& table, std::size_t row) {
    const auto id = table.cell(row, table.column("dicom_id"));
    if (id.empty()) user_error("{}: has no dicom_id", table.where(row));
    return std::string(id);
}

/// Labels by study.
class LabelTable {
public:
    LabelTable(DatasetIndex& index, const fs::path& file) {
        const Csv table(file);
        table.require_whole();
        const LabelColumns columns(table);
        for (std::size_t row = 0; row < table.rows(); ++row)
            if (!studies_.emplace(study_of(table, row), Study{columns.read(row)}).second)
                user_error("{}: repeated study {}, expected each once", table.where(row), study_of(table, row));
        record_source(index, file);
    }
    /// The labels of a study that the metadata have; none if it has no row.
    const WrittenLabels* of(const std::string& study) {
        const auto found = studies_.find(study);
        if (found == studies_.end()) return nullptr;
        found->second.in_metadata = true;
        return &found->second.labels;
    }
    /// Logs and records how many studies the metadata lack: provenance["studies_without_images"].
    void record(DatasetIndex& index) const {
        std::vector<std::string> lacking;
        for (const auto& [name, study] : studies_)
            if (!study.in_metadata) lacking.push_back(name);
        if (lacking.empty()) return;
        std::sort(lacking.begin(), lacking.end());
        say("mimic: studies with labels that the metadata lack: {} of {}, first {}", lacking.size(), studies_.size(),
            lacking.front());
        index.provenance["studies_without_images"] = {{"count", lacking.size()}, {"first", lacking.front()}};
    }

private:
    struct Study {
        WrittenLabels labels;
        bool in_metadata = false;
    };
    std::unordered_map<std::string, Study> studies_; ///< "subject/study"
};

/// Sex and age, from MIMIC-IV's table of patients; without a file, of nobody.
class MimicPatients {
public:
    MimicPatients(DatasetIndex& index, const fs::path& file) {
        if (file.empty()) return;
        const Csv table(file);
        table.require_whole();
        const std::size_t subject = table.column("subject_id"), gender = table.column("gender"),
                          age = table.column("anchor_age");
        const auto year = table.find("anchor_year");
        has_years_ = year.has_value();
        for (std::size_t row = 0; row < table.rows(); ++row) {
            Patient patient{std::string(table.cell(row, gender)), std::string(table.cell(row, age)),
                            year ? number_from(table.cell(row, *year)) : std::nullopt};
            const std::string number = whole_number(table, row, subject);
            if (!patients_.emplace(number, std::move(patient)).second)
                user_error("{}: repeated subject_id {}, expected each once", table.where(row), number);
        }
        record_source(index, file);
    }

    /// Adds a patient's sex and age to an image's attributes. `date`: of the study, as 21800506.
    void add(AttributeTexts& texts, AttributeWords& words, const ImageEntry& image, std::string_view date) {
        if (patients_.empty()) return;
        const auto found = patients_.find(image.patient);
        if (found == patients_.end()) {
            words.note({"patient not in MIMIC-IV's table, sex and age unknown", image.id});
            return;
        }
        const Patient& patient = found->second;
        texts[sex_attribute] = words.read(sex_attribute, image.id, patient.sex);
        std::string age = patient.age;
        constexpr double days = 10000; // digits of month and day
        if (const auto years = number_from(age), day = number_from(date); years && day && patient.year)
            age = fmt::format("{}", *years + std::floor(*day / days) - *patient.year);
        texts[age_attribute] = words.read(age_attribute, image.id, age);
        if (texts[age_attribute] == "0") {
            texts[age_attribute].clear();
            words.note({"age 0, taken as unknown", image.id});
        }
    }
    json::object sources() const {
        if (patients_.empty()) return {};
        return {{"sex", "MIMIC-IV's gender"},
                {"age", has_years_ ? "MIMIC-IV's anchor_age, carried on from anchor_year to the study's year"
                                   : "MIMIC-IV's anchor_age"}};
    }

private:
    struct Patient {
        std::string sex, age;
        std::optional<double> year; ///< in which the patient had this age
    };
    std::unordered_map<std::string, Patient> patients_;
    bool has_years_ = false;
};

/// What else is known of the table of metadata.
struct Metadata {
    std::size_t rows = 0;
    std::vector<std::string> studies; ///< of the images that the options take
};

/// Reads the images of the table of metadata that the options take.
Metadata read_images(DatasetIndex& index, const fs::path& file, LabelTable& labels, MimicPatients& patients,
                     StudyLabels& rules) {
    const Csv table(file);
    table.require_whole();
    const std::size_t position = table.column("ViewPosition");
    const auto date = table.find("StudyDate");
    AttributeWords words;
    Metadata metadata{table.rows(), {}};
    for (std::size_t row = 0; row < table.rows(); ++row) {
        ImageEntry image;
        image.id = image_of(table, row);
        const std::string study = study_of(table, row);
        image.patient = study.substr(0, study.find('/'));
        const auto word = table.cell(row, position);
        const WrittenLabels* written = labels.of(study);
        if (!rules.takes(view_of(word), word)) continue;
        image.labels = written ? rules.of(*written) : rules.without_row(image.id);
        image.attributes[view_attribute] = words.read(view_attribute, image.id, word);
        patients.add(image.attributes, words, image, date ? table.cell(row, *date) : "");
        index.images.push_back(std::move(image));
        metadata.studies.push_back(study);
    }
    if (table.rows() == 0) user_error("{}: has no images, only a header", table.name());
    json::object sources = patients.sources();
    sources["view"] = "column \"ViewPosition\"";
    words.record(index, std::move(sources));
    record_source(index, file);
    return metadata;
}

/// The split of every image, by the split table. `studies`: of the images.
void split_by_table(DatasetIndex& index, const fs::path& file, const std::vector<std::string>& studies) {
    const Csv table(file);
    table.require_whole();
    const auto by_id = positions(index);
    const std::size_t split = table.column("split");
    std::set<std::string> seen;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string id = image_of(table, row), study = study_of(table, row);
        const auto word = table.cell(row, split);
        const auto known = split_word(word);
        if (!known)
            user_error("{}: split is \"{}\", expected train, validate or test", table.where(row), printable_utf8(word));
        const auto found = by_id.find(id);
        if (found == by_id.end()) continue; // of another view, or metadata of a part of the dataset
        if (!seen.insert(id).second) user_error("{}: repeated image {}, expected each once", table.where(row), id);
        if (study != studies[found->second])
            user_error("{}: image {} is of study {}, but of {} in the metadata", table.where(row), id, study,
                       studies[found->second]);
        index.images[found->second].split = *known;
    }
    if (seen.size() == index.images.size()) return;
    std::vector<std::string> lacking;
    for (const ImageEntry& image : index.images)
        if (!seen.contains(image.id)) lacking.push_back(image.id);
    user_error("{}: lacks {} of {} images, first {}; expected a row for each; --split patient (split kind patient in a "
               "plan) needs no such table",
               table.name(), lacking.size(), index.images.size(), first_of(lacking, 3));
}

} // namespace

void fields(Fields& f, MimicOptions& options) {
    f.field({"labeler", "Whose labels of the reports"}, options.labeler, {"chexpert", "negbio"});
    f.field({"mimic_iv_patients", "patients.csv or .csv.gz of MIMIC-IV, for sex and age", FieldKey::file},
            options.patients);
}

DatasetIndex read_mimic(const SourceOptions& source, const MimicOptions& options, const StudyLabelOptions& rules) {
    DatasetIndex index;
    index.dataset = "mimic";
    index.classes = study_classes();
    index.provenance = provenance_of("mimic", source);
    index.provenance["labeler"] = options.labeler;
    index.provenance["mimic_iv_patients"] = options.patients;
    const fs::path folder = source.table_folder(), metadata_table = mimic_table(folder, "metadata");
    LabelTable labels(index, mimic_table(folder, options.labeler));
    MimicPatients patients(index, options.patients);
    if (fs::exists(folder / radiologists))
        say("mimic: {} is not read: test images have the labels of the labeler, as the others", radiologists);
    StudyLabels study_labels(rules);
    const Metadata metadata = read_images(index, metadata_table, labels, patients, study_labels);
    positions(index); // no duplicate ids
    study_labels.record(index);
    labels.record(index);
    compare_with_published(index, {{"images", 377110, metadata.rows}});
    if (source.split.kind == "official") {
        const fs::path splits = mimic_table(folder, "split");
        split_by_table(index, splits, metadata.studies);
        record_source(index, splits);
        index.provenance["splits"] = "train, validate and test of " + splits.filename().string();
    } else {
        split_as_asked(index, source);
    }
    require_disjoint_patients(index);
    find_images(index, source.image_folder(), source.allow_missing);
    return index;
}

} // namespace mlvicx
