#pragma once

#include "datasets/importers/chexpert.h"

#include "tests/support/datasets_support.h"

#include <functional>
#include <map>

/// CheXpert's tables with seven rows of six patients, in the layouts that people have.
namespace mlvicx::chexpert_test {

using Labels = std::vector<std::int8_t>;

inline const std::string header =
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,"
    "Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,"
    "Pleural Effusion,Pleural Other,Fracture,Support Devices\n";
inline const std::string effusion_and_doubts = ",,,0.0,,-1.0,-1.0,,,,1.0,,,1.0";

/// One row of a table; the patients' numbers go on from train to valid.
struct Row {
    std::string split, place, person, view, labels;
};
inline const std::vector<Row> rows = {
    {"train", "patient00001/study1/view1_frontal.jpg", "Female,68", "Frontal,AP", "1.0,,,,,,,,,0.0,,,,1.0"},
    {"train", "patient00002/study2/view1_frontal.jpg", "Female,87", "Frontal,AP", effusion_and_doubts},
    {"train", "patient00002/study2/view2_lateral.jpg", "Female,87", "Lateral,", effusion_and_doubts},
    {"train", "patient21514/study1/view1_frontal.jpg", "Unknown,0", "Frontal,PA", ",,,,,,,,,,,,,"},
    {"train", "patient43018/study1/view1_frontal.jpg", "Male,31", "Frontal,PA", ",,1.0,,,,,,-1.0,,,,,"},
    {"valid", "patient64541/study1/view1_frontal.jpg", "Male,73", "Frontal,AP",
     "0.0,1.0,1.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,"
     "0.0,0.0,0.0,0.0"},
    {"valid", "patient64541/study1/view2_lateral.jpg", "Male,73", "Lateral,",
     "0.0,1.0,1.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,"
     "0.0,0.0,0.0,0.0"},
};

/// The folder of an image's patient, as its owner laid it out.
using Where = std::function<std::string(const Row&)>;

/// The tables, and an (unread) file for each row.
struct ChexpertFolder : TempFolder {
    explicit ChexpertFolder(
        std::string tables = "CheXpert-v1.0-small", const std::string& in_path = "CheXpert-v1.0-small",
        const Where& where = [](const Row& row) { return "CheXpert-v1.0-small/" + row.split; })
        : tables_(std::move(tables)) {
        std::map<std::string, std::string> texts = {{"train", header}, {"valid", header}};
        for (const Row& row : rows) {
            texts[row.split] +=
                fmt::format("{}/{}/{},{},{},{}\n", in_path, row.split, row.place, row.person, row.view, row.labels);
            const fs::path file = path / where(row) / row.place;
            fs::create_directories(file.parent_path());
            put(file, "x");
        }
        fs::create_directories(path / tables_);
        for (const auto& [name, text] : texts) put(table(name), text);
    }
    fs::path table(const std::string& name = "train") const { return path / tables_ / (name + ".csv"); }
    SourceOptions options(const std::string& kind = "official") const {
        SourceOptions o;
        o.root = path;
        o.split.kind = kind;
        return o;
    }
    DatasetIndex read(const StudyLabelOptions& labels = {}, const std::string& kind = "official") const {
        return read_chexpert(options(kind), labels);
    }
    std::string message(const std::string& kind = "official") const {
        return user_error_of([&] { read({}, kind); });
    }

private:
    std::string tables_;
};

inline const std::string first = "patient00001/study1/view1_frontal.jpg",
                         doubtful = "patient00002/study2/view1_frontal.jpg",
                         lateral = "patient00002/study2/view2_lateral.jpg";

inline std::size_t count(const DatasetIndex& index, Split split) {
    return static_cast<std::size_t>(std::count_if(index.images.begin(), index.images.end(),
                                                  [&](const ImageEntry& image) { return image.split == split; }));
}

inline std::int64_t counted(const DatasetIndex& index, const char* group, const std::string& name) {
    return index.provenance.at(group).at(name).at("count").to_number<std::int64_t>();
}

} // namespace mlvicx::chexpert_test
