#include "datasets/phantom/layouts.h"

#include "core/files.h"
#include "datasets/importers/published.h"
#include "datasets/importers/rle.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

constexpr double share_in_parts = 0.25; ///< of the images with a mask: 624 of 2,669 in the original

Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const std::string name = uid_of(key);
    const fs::path folder = root / "dicom-images-train" / (name + ".1") / (name + ".2"); // study and series
    fs::create_directories(folder);
    write_original(folder / (name + ".dcm"), key, image, DicomCoding::jpeg);

    Lines lines;
    const auto add = [&](const cv::Mat1b& mask) {
        if (const std::string code = code_of(mask); !code.empty()) lines.labels += fmt::format("{},{}\n", name, code);
    };
    if (const cv::Mat1b& drawn = image.masks[static_cast<std::size_t>(Finding::pneumothorax)]; !drawn.empty()) {
        cv::Mat1b mask;
        cv::resize(drawn, mask, {published_side, published_side}, 0, 0, cv::INTER_NEAREST);
        if (of_image(key, Stream::readers).chance(share_in_parts)) { // two masks that overlap a little
            const cv::Rect around = cv::boundingRect(mask);
            const int middle = around.y + around.height / 2, overlap = around.height / 10;
            cv::Mat1b upper = mask.clone(), lower = mask.clone();
            upper.rowRange(middle + overlap, published_side).setTo(0);
            lower.rowRange(0, middle - overlap).setTo(0);
            add(upper);
            add(lower);
        } else {
            add(mask);
        }
    }
    if (lines.labels.empty()) lines.labels = name + ", -1\n";
    return lines;
}

void write_tables(const std::vector<ImageKey>&, const std::vector<Lines>& lines, const fs::path& root) {
    write_text(root / "train-rle.csv", table_of("ImageId, EncodedPixels\n", lines, &Lines::labels));
}

constexpr double test_share = 0.114;      ///< of the patients: 1,372 of 12,047 images in the original
constexpr std::uint32_t most_images = 20; ///< per patient, so that no two images get the same number

Lines write_png_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const cv::Mat1b& drawn = image.masks[static_cast<std::size_t>(Finding::pneumothorax)];
    const bool test = of_patient(key, Stream::split).chance(test_share), present = !drawn.empty();
    const std::string name = fmt::format("{}_{}_{}_.png", key.patient * most_images + key.follow_up,
                                         test ? "test" : "train", present ? 1 : 0);
    write_png(root / "png_images" / name, image.pixels);
    write_png(root / "png_masks" / name, present ? drawn : cv::Mat1b(image.pixels.size(), 0));
    const std::string row = fmt::format("{},{},{}\n", name, uid_of(key), present ? 1 : 0);
    return test ? Lines{"", row} : Lines{row, ""};
}

void write_png_tables(const std::vector<ImageKey>&, const std::vector<Lines>& lines, const fs::path& root) {
    const std::string header = "new_filename,ImageId,has_pneumo\n";
    write_text(root / "stage_1_train_images.csv", table_of(header, lines, &Lines::labels));
    write_text(root / "stage_1_test_images.csv", table_of(header, lines, &Lines::more));
}

} // namespace

Layout siim_png_layout() {
    return {{"png_images", "png_masks"}, write_png_image, write_png_tables};
}

Layout siim_layout() {
    return {{"dicom-images-train"}, write_image, write_tables};
}

} // namespace mlvicx::phantom
