#include "datasets/phantom/layouts.h"

#include "core/files.h"
#include "core/json.h"
#include "datasets/importers/published.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

/// In the form of RSNA's ids: 0004cfab-14fd-4e49-80ba-63a80b6bddd6.
std::string rsna_name(const ImageKey& key) {
    const std::string hex = hex_name(key, "rsna");
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                       hex.substr(20));
}

Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const std::string name = rsna_name(key);
    write_original(root / "stage_2_train_images" / (name + ".dcm"), key, image, DicomCoding::jpeg);
    const double to_frame = static_cast<double>(published_side) / image.pixels.rows;
    Lines lines;
    const cv::Mat1b& pneumonia = image.masks[static_cast<std::size_t>(Finding::consolidation)];
    if (!pneumonia.empty())
        for (const cv::Rect& box : boxes_around(pneumonia)) {
            lines.labels += fmt::format("{},{},{},{},{},1\n", name, to_frame * box.x, to_frame * box.y,
                                        to_frame * box.width, to_frame * box.height);
            lines.more += name + ",Lung Opacity\n"; // as often as there are boxes
        }
    if (!lines.labels.empty()) return lines;
    const auto& severities = image.severities.value;
    const bool healthy = std::all_of(severities.begin(), severities.end(), [](double value) { return value == 0; });
    return {name + ",,,,,0\n", name + (healthy ? ",Normal\n" : ",No Lung Opacity / Not Normal\n")};
}

void write_tables(const std::vector<ImageKey>& keys, const std::vector<Lines>& lines, const fs::path& root) {
    write_text(root / "stage_2_train_labels.csv",
               table_of("patientId,x,y,width,height,Target\n", lines, &Lines::labels));
    write_text(root / "stage_2_detailed_class_info.csv", table_of("patientId,class\n", lines, &Lines::more));
    json::array mapping;
    for (const ImageKey& key : keys)
        mapping.push_back(json::object{{"subset_img_id", rsna_name(key)}, {"img_id", nih_name(key) + ".png"}});
    write_text(root / "pneumonia-challenge-dataset-mappings_2018.json", json::serialize(mapping));
}

} // namespace

Layout rsna_layout() {
    return {{"stage_2_train_images"}, write_image, write_tables};
}

} // namespace mlvicx::phantom
