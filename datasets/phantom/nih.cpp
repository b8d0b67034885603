#include "datasets/phantom/layouts.h"

#include "core/files.h"
#include "datasets/importers/published.h"

#include <fmt/format.h>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

constexpr double test_share = 0.2; ///< of the patients, about as in NIH's own lists

Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const std::string name = nih_name(key) + ".png";
    write_png(root / "images" / name, image.pixels);
    const int size = image.pixels.rows;
    const double to_frame = static_cast<double>(published_side) / size;
    std::string findings;
    Lines lines;
    for (std::size_t i = 0; i < finding_count; ++i) {
        if (image.masks[i].empty()) continue;
        findings += (findings.empty() ? "" : "|") + std::string(finding_names[i]);
        write_png(root / "masks" / finding_names[i] / name, image.masks[i]);
        for (const cv::Rect& box : boxes_around(image.masks[i]))
            lines.more += fmt::format("{},{},{},{},{},{},,,\n", name, finding_names[i], to_frame * box.x,
                                      to_frame * box.y, to_frame * box.width, to_frame * box.height);
    }
    lines.labels = fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", name, findings.empty() ? "No Finding" : findings,
                               key.follow_up, key.patient, image.age, image.male ? 'M' : 'F', image.ap ? "AP" : "PA",
                               size, size, 0.143 * to_frame, 0.143 * to_frame);
    return lines;
}

void write_tables(const std::vector<ImageKey>& keys, const std::vector<Lines>& lines, const fs::path& root) {
    std::string train, test;
    for (const ImageKey& key : keys)
        (of_patient(key, Stream::split).chance(test_share) ? test : train) += nih_name(key) + ".png\n";
    write_text(root / "BBox_List_2017.csv",
               table_of("Image Index,Finding Label,Bbox [x,y,w,h],,,\n", lines, &Lines::more));
    write_text(root / "train_val_list.txt", train);
    write_text(root / "test_list.txt", test);
    write_text(root / "Data_Entry_2017_v2020.csv",
               table_of("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
                        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n",
                        lines, &Lines::labels));
}

} // namespace

Layout nih_layout() {
    std::vector<std::string> folders = {"images"};
    for (const char* finding : finding_names) folders.push_back(std::string("masks/") + finding);
    return {folders, write_image, write_tables, 1.6};
}

} // namespace mlvicx::phantom
