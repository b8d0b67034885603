#include "datasets/phantom/layouts.h"

#include "core/files.h"
#include "datasets/decode/inflate.h"
#include "datasets/importers/study_labels.h"
#include "datasets/phantom/study.h"

#include <fmt/ranges.h>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

constexpr double test_share = 0.12, validate_share = 0.1; ///< of the patients; more than in the original
constexpr double lateral_share = 0.35;                    ///< of the studies
constexpr double without_labels = 0.02;                   ///< studies that the table of labels lacks
constexpr std::uint32_t most_studies = 20;                ///< per patient
constexpr int first_year = 2150;                          ///< shifted into the future, as MIMIC's

std::string subject_of(const ImageKey& key) {
    return std::to_string(10'000'000 + key.patient % 10 * 1'000'000 + key.patient);
}

std::string study_of(const ImageKey& key) {
    return std::to_string(50'000'000 + key.patient * most_studies + key.follow_up);
}

/// Groups of eight hexadecimal digits, as dicom_id has.
std::string dicom_of(const ImageKey& key, const std::string& view) {
    const std::string digits = hex_name(key, "mimic " + view);
    std::string id = digits.substr(0, 8);
    for (std::size_t at = 8; at < digits.size(); at += 8) id += "-" + digits.substr(at, 8);
    return id;
}

const char* position_of_lateral(const ImageKey& key) {
    const double drawn = of_image(key, Stream::cohort).uniform();
    return drawn < 0.6 ? "LATERAL" : drawn < 0.9 ? "LL" : "";
}

/// Rows of labels, of metadata for each view, and of the patient.
Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const std::string subject = subject_of(key), study = study_of(key);
    const fs::path folder = root / "files" / ("p" + subject.substr(0, 2)) / ("p" + subject) / ("s" + study);
    fs::create_directories(folder);
    Lines lines;
    const auto add = [&](const std::string& id, const std::string& position, const cv::Mat& pixels) {
        write_jpeg(folder / (id + ".jpg"), pixels);
        lines.more += fmt::format("{},{},{},CHEST,{},{},{},{}0506,101500.000\n", id, subject, study, position,
                                  pixels.rows, pixels.cols, first_year + key.follow_up);
    };
    add(dicom_of(key, "frontal"), image.ap ? "AP" : "PA", image.pixels);
    if (has_lateral(key, lateral_share))
        add(dicom_of(key, "lateral"), position_of_lateral(key), lateral_of(image.pixels));
    if (!of_image(key, Stream::chronic).chance(without_labels))
        lines.labels = fmt::format("{},{}{}\n", subject, study, label_cells(key, image));
    if (key.follow_up == 0)
        lines.patient =
            fmt::format("{},{},{},{},2014 - 2016,\n", subject, image.male ? 'M' : 'F', image.age, first_year);
    return lines;
}

/// What another labeler might have read: uncertain findings as present.
std::string decided(std::string table) {
    for (auto at = table.find(",-1.0"); at != std::string::npos; at = table.find(",-1.0", at)) table.erase(at + 1, 1);
    return table;
}

void write_tables(const std::vector<ImageKey>& keys, const std::vector<Lines>& lines, const fs::path& root) {
    const auto write = [&](const std::string& kind, const std::string& table) {
        write_text(root / ("mimic-cxr-2.0.0-" + kind + ".csv.gz"), gzip(table));
    };
    std::string splits = "dicom_id,study_id,subject_id,split\n";
    for (const ImageKey& key : keys) {
        const double drawn = of_patient(key, Stream::split).uniform();
        const char* split = drawn < test_share ? "test" : drawn < test_share + validate_share ? "validate" : "train";
        for (const char* view : {"frontal", "lateral"})
            if (view == std::string("frontal") || has_lateral(key, lateral_share))
                splits += fmt::format("{},{},{},{}\n", dicom_of(key, view), study_of(key), subject_of(key), split);
    }
    const std::string labels =
        table_of(fmt::format("subject_id,study_id,{}\n", fmt::join(study_classes(), ",")), lines, &Lines::labels);
    write("split", splits);
    write("chexpert", labels);
    write("negbio", decided(labels));
    write("metadata", table_of("dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,"
                               "Columns,StudyDate,StudyTime\n",
                               lines, &Lines::more));
    write_text(
        root / "patients.csv.gz",
        gzip(table_of("subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod\n", lines, &Lines::patient)));
}

} // namespace

Layout mimic_layout() {
    return {{"files"}, write_image, write_tables, 3.5};
}

} // namespace mlvicx::phantom
