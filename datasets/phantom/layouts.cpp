#include "datasets/phantom/layouts.h"

#include "core/error.h"
#include "core/hash.h"
#include "datasets/phantom/phantom.h"

#include <fmt/ranges.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

Layout layout_of(const std::string& name) {
    if (name == "nih") return nih_layout();
    if (name == "rsna") return rsna_layout();
    if (name == "siim") return siim_layout();
    if (name == "siim_png") return siim_png_layout();
    if (name == "vinbig") return vinbig_layout();
    if (name == "kermany") return kermany_layout();
    if (name == "chexpert") return chexpert_layout();
    if (name == "mimic") return mimic_layout();
    user_error("unknown layout \"{}\", expected one of: {}", name, fmt::join(phantom_layouts(), ", "));
}

std::string nih_name(const ImageKey& key) {
    return fmt::format("{:08}_{:03}", key.patient, key.follow_up);
}

std::string hex_name(const ImageKey& key, const std::string& layout) {
    return sha256(fmt::format("{} {} {} {}", layout, key.seed, key.patient, key.follow_up)).substr(0, 32);
}

std::string uid_of(const ImageKey& key) {
    // 2.25 is the UUID-derived OID root (DICOM PS3.5, B.2), which needs no registration.
    return fmt::format("2.25.{}{:09}{:03}", key.seed + 1, key.patient, key.follow_up);
}

namespace {

void write_encoded(const fs::path& file, const cv::Mat& image, const char* format) {
    std::vector<unsigned char> bytes;
    if (!cv::imencode(format, image, bytes)) throw InternalError(file.string() + ": could not be encoded");
    // The whole folder is renamed at the end, so a plain write is enough here.
    std::FILE* out = std::fopen(file.c_str(), "wb");
    const bool written = out && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
    if (!out || std::fclose(out) != 0 || !written) user_error("{}: cannot be written", file.string());
}

} // namespace

void write_png(const fs::path& file, const cv::Mat& image) {
    write_encoded(file, image, ".png");
}

void write_jpeg(const fs::path& file, const cv::Mat& image) {
    write_encoded(file, image, ".jpg");
}

void write_original(fs::path file, const ImageKey& key, const PhantomImage& image, DicomCoding coding) {
    if (dicom_supported())
        write_dicom(file, image.pixels, uid_of(key), fmt::format("{:08}", key.patient), coding,
                    {image.male ? "M" : "F", fmt::format("{:03}Y", image.age), image.ap ? "AP" : "PA"});
    else
        write_png(file.replace_extension(".png"), image.pixels);
}

std::vector<cv::Rect> boxes_around(const cv::Mat1b& mask) {
    cv::Mat labels, stats, centres;
    const int parts = cv::connectedComponentsWithStats(mask, labels, stats, centres);
    int largest = 0;
    for (int part = 1; part < parts; ++part) largest = std::max(largest, stats.at<int>(part, cv::CC_STAT_AREA));
    std::vector<cv::Rect> boxes;
    for (int part = 1; part < parts; ++part)
        if (10 * stats.at<int>(part, cv::CC_STAT_AREA) >= largest)
            boxes.emplace_back(stats.at<int>(part, cv::CC_STAT_LEFT), stats.at<int>(part, cv::CC_STAT_TOP),
                               stats.at<int>(part, cv::CC_STAT_WIDTH), stats.at<int>(part, cv::CC_STAT_HEIGHT));
    return boxes;
}

std::string table_of(std::string header, const std::vector<Lines>& lines, LinesField field) {
    for (const Lines& image : lines) header += image.*field;
    return header;
}

} // namespace mlvicx::phantom
