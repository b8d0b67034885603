#pragma once

#include "tests/support/datasets_support.h"

#include "datasets/audit/audit.h"
#include "datasets/phantom/image.h"
#include "datasets/prepare.h"

#include <opencv2/imgproc.hpp>

#include <cmath>
#include <functional>
#include <map>

namespace mlvicx {

/// What may happen to images between two publications.
inline const std::map<std::string, std::function<cv::Mat(const cv::Mat&)>>& image_changes() {
    static const auto jpeg = [](const cv::Mat& image, int quality) {
        std::vector<std::uint8_t> bytes;
        cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
        return cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
    };
    static const auto resized = [](const cv::Mat& image, int side) {
        cv::Mat result;
        cv::resize(image, result, {side, side}, 0, 0, side < image.cols ? cv::INTER_AREA : cv::INTER_LINEAR);
        return result;
    };
    static const auto inverted = [](const cv::Mat& image) -> cv::Mat { return 255 - image; };
    static const auto gamma = [](const cv::Mat& image, double exponent) {
        cv::Mat table(1, 256, CV_8U), result;
        for (int i = 0; i < 256; ++i)
            table.at<std::uint8_t>(i) = cv::saturate_cast<std::uint8_t>(255 * std::pow(i / 255.0, exponent));
        cv::LUT(image, table, result);
        return result;
    };
    static const auto contrast = [](const cv::Mat& image, double factor) {
        cv::Mat result;
        image.convertTo(result, -1, factor, (1 - factor) * 128);
        return result;
    };
    // Fractions of the width and height cropped at the left, right, top and bottom.
    static const auto cropped = [](const cv::Mat& image, double left, double right, double top, double bottom) {
        const auto part = [](double share, int pixels) { return static_cast<int>(std::lround(share * pixels)); };
        const int x = part(left, image.cols), y = part(top, image.rows);
        return image(
                   cv::Rect(x, y, image.cols - x - part(right, image.cols), image.rows - y - part(bottom, image.rows)))
            .clone();
    };
    static const std::map<std::string, std::function<cv::Mat(const cv::Mat&)>> changes = {
        {"JPEG of quality 50", [](const cv::Mat& image) { return jpeg(image, 50); }},
        {"JPEG of quality 90", [](const cv::Mat& image) { return jpeg(image, 90); }},
        {"resized to 128", [](const cv::Mat& image) { return resized(image, 128); }},
        {"resized to 512", [](const cv::Mat& image) { return resized(image, 512); }},
        {"inverted", inverted},
        {"gamma 0.5", [](const cv::Mat& image) { return gamma(image, 0.5); }},
        {"gamma 2", [](const cv::Mat& image) { return gamma(image, 2); }},
        {"contrast 0.6", [](const cv::Mat& image) { return contrast(image, 0.6); }},
        {"contrast 1.4", [](const cv::Mat& image) { return contrast(image, 1.4); }},
        {"cropped by 1 % on each side", [](const cv::Mat& image) { return cropped(image, .01, .01, .01, .01); }},
        {"cropped by 2 % on each side", [](const cv::Mat& image) { return cropped(image, .02, .02, .02, .02); }},
        {"cropped by 2 % at the left and top", [](const cv::Mat& image) { return cropped(image, .02, 0, .02, 0); }},
        {"cropped by 2 % at the right", [](const cv::Mat& image) { return cropped(image, 0, .02, 0, 0); }},
        {"cropped, gamma, inverted, JPEG",
         [](const cv::Mat& image) { return jpeg(inverted(gamma(cropped(image, .02, .02, .02, .02), 1.4)), 60); }},
    };
    return changes;
}

/// Synthetic images, two per patient.
inline std::vector<cv::Mat> drawn_images(int count, int size, std::uint64_t seed = 0) {
    std::vector<cv::Mat> images;
    for (int i = 0; i < count; ++i)
        images.push_back(
            phantom::draw_image({seed, static_cast<std::uint32_t>(i / 2), static_cast<std::uint16_t>(i % 2)}, size)
                .pixels);
    return images;
}

/// One image of a made-up dataset.
struct MadeImage {
    cv::Mat pixels;
    std::string id, patient;
    Split split = Split::train;
    std::vector<std::int8_t> labels = {0, 0};
};

/// A prepared file `folder`/`name`.safetensors of these images.
inline fs::path prepared_images(const fs::path& folder, const std::string& name, const std::vector<MadeImage>& images,
                                int size, const std::vector<std::string>& classes = {"Mass", "Nodule"}) {
    DatasetIndex index;
    index.dataset = name;
    index.classes = classes;
    fs::create_directories(folder / name);
    for (const auto& made : images) {
        ImageEntry image;
        image.id = made.id;
        image.file = folder / name / (made.id + ".png");
        image.patient = made.patient;
        image.split = made.split;
        image.labels = made.labels;
        write_image(image.file, made.pixels);
        index.images.push_back(image);
    }
    const fs::path file = folder / (name + ".safetensors");
    PrepareOptions options;
    options.size = size;
    prepare(index, options, file);
    return file;
}

} // namespace mlvicx
