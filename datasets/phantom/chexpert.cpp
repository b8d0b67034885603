#include "datasets/phantom/layouts.h"

#include "core/files.h"
#include "datasets/importers/study_labels.h"
#include "datasets/phantom/study.h"

#include <fmt/ranges.h>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

constexpr const char* top = "CheXpert-v1.0-small";
constexpr double valid_share = 0.12;    ///< of the patients; more than in the original, whose valid.csv has 200
constexpr double lateral_share = 0.17;  ///< of the studies
constexpr double unknown_person = 0.02; ///< patients of unknown sex, with age 0

/// A row for each view; those of valid.csv in `more`.
Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const bool valid = of_patient(key, Stream::split).chance(valid_share);
    const std::string study =
        fmt::format("{}/patient{:05}/study{}", valid ? "valid" : "train", key.patient, key.follow_up + 1);
    fs::create_directories(root / top / study);
    const bool unknown = of_patient(key, Stream::readers).chance(unknown_person);
    const std::string person = unknown ? "Unknown,0" : fmt::format("{},{}", image.male ? "Male" : "Female", image.age);
    const std::string labels = label_cells(key, image);
    std::string rows;
    const auto add = [&](const std::string& name, const std::string& view, const cv::Mat& pixels) {
        write_jpeg(root / top / study / name, pixels);
        rows += fmt::format("{}/{}/{},{},{}{}\n", top, study, name, person, view, labels);
    };
    add("view1_frontal.jpg", image.ap ? "Frontal,AP" : "Frontal,PA", image.pixels);
    if (has_lateral(key, lateral_share)) add("view2_lateral.jpg", "Lateral,", lateral_of(image.pixels));
    return valid ? Lines{"", rows} : Lines{rows, ""};
}

void write_tables(const std::vector<ImageKey>&, const std::vector<Lines>& lines, const fs::path& root) {
    const std::string header = fmt::format("Path,Sex,Age,Frontal/Lateral,AP/PA,{}\n", fmt::join(study_classes(), ","));
    write_text(root / top / "train.csv", table_of(header, lines, &Lines::labels));
    write_text(root / top / "valid.csv", table_of(header, lines, &Lines::more));
}

} // namespace

Layout chexpert_layout() {
    return {{top}, write_image, write_tables, 2.9};
}

} // namespace mlvicx::phantom
