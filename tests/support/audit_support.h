#pragma once

#include "tests/support/datasets_support.h"

#include "datasets/audit/audit.h"
#include "datasets/phantom/film.h"
#include "datasets/prepare.h"

#include <opencv2/imgproc.hpp>

#include <cmath>
#include <functional>
#include <map>

namespace mlvicx {

/// What happens to films between two publications.
inline const std::map<std::string, std::function<cv::Mat(const cv::Mat&)>>& film_changes() {
    static const auto jpeg = [](const cv::Mat& film, int quality) {
        std::vector<std::uint8_t> bytes;
        cv::imencode(".jpg", film, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
        return cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
    };
    static const auto resized = [](const cv::Mat& film, int side) {
        cv::Mat result;
        cv::resize(film, result, {side, side}, 0, 0, side < film.cols ? cv::INTER_AREA : cv::INTER_LINEAR);
        return result;
    };
    static const auto inverted = [](const cv::Mat& film) -> cv::Mat { return 255 - film; };
    static const auto gamma = [](const cv::Mat& film, double exponent) {
        cv::Mat table(1, 256, CV_8U), result;
        for (int i = 0; i < 256; ++i)
            table.at<std::uint8_t>(i) = cv::saturate_cast<std::uint8_t>(255 * std::pow(i / 255.0, exponent));
        cv::LUT(film, table, result);
        return result;
    };
    static const auto contrast = [](const cv::Mat& film, double factor) {
        cv::Mat result;
        film.convertTo(result, -1, factor, (1 - factor) * 128);
        return result;
    };
    // Shares of the width and height cut away at the left, right, top and bottom.
    static const auto cropped = [](const cv::Mat& film, double left, double right, double top, double bottom) {
        const auto part = [](double share, int pixels) { return static_cast<int>(std::lround(share * pixels)); };
        const int x = part(left, film.cols), y = part(top, film.rows);
        return film(cv::Rect(x, y, film.cols - x - part(right, film.cols), film.rows - y - part(bottom, film.rows)))
            .clone();
    };
    static const std::map<std::string, std::function<cv::Mat(const cv::Mat&)>> changes = {
        {"JPEG of quality 50", [](const cv::Mat& film) { return jpeg(film, 50); }},
        {"JPEG of quality 90", [](const cv::Mat& film) { return jpeg(film, 90); }},
        {"resized to 128", [](const cv::Mat& film) { return resized(film, 128); }},
        {"resized to 512", [](const cv::Mat& film) { return resized(film, 512); }},
        {"inverted", inverted},
        {"gamma 0.5", [](const cv::Mat& film) { return gamma(film, 0.5); }},
        {"gamma 2", [](const cv::Mat& film) { return gamma(film, 2); }},
        {"contrast 0.6", [](const cv::Mat& film) { return contrast(film, 0.6); }},
        {"contrast 1.4", [](const cv::Mat& film) { return contrast(film, 1.4); }},
        {"cropped by 1 % on each side", [](const cv::Mat& film) { return cropped(film, .01, .01, .01, .01); }},
        {"cropped by 2 % on each side", [](const cv::Mat& film) { return cropped(film, .02, .02, .02, .02); }},
        {"cropped by 2 % at the left and top", [](const cv::Mat& film) { return cropped(film, .02, 0, .02, 0); }},
        {"cropped by 2 % at the right", [](const cv::Mat& film) { return cropped(film, 0, .02, 0, 0); }},
        {"cropped, gamma, inverted, JPEG",
         [](const cv::Mat& film) { return jpeg(inverted(gamma(cropped(film, .02, .02, .02, .02), 1.4)), 60); }},
    };
    return changes;
}

/// Synthetic films, two of each patient.
inline std::vector<cv::Mat> drawn_films(int count, int size, std::uint64_t seed = 0) {
    std::vector<cv::Mat> films;
    for (int i = 0; i < count; ++i)
        films.push_back(
            phantom::draw_film({seed, static_cast<std::uint32_t>(i / 2), static_cast<std::uint16_t>(i % 2)}, size)
                .pixels);
    return films;
}

/// One film of a dataset that a test makes up.
struct MadeFilm {
    cv::Mat pixels;
    std::string id, patient;
    Split split = Split::train;
    std::vector<std::int8_t> labels = {0, 0};
};

/// A prepared file `folder`/`name`.safetensors of these films.
inline fs::path prepared_films(const fs::path& folder, const std::string& name, const std::vector<MadeFilm>& films,
                               int size, const std::vector<std::string>& classes = {"Mass", "Nodule"}) {
    DatasetIndex index;
    index.dataset = name;
    index.classes = classes;
    fs::create_directories(folder / name);
    for (const auto& made : films) {
        Film film;
        film.id = made.id;
        film.file = folder / name / (made.id + ".png");
        film.patient = made.patient;
        film.split = made.split;
        film.labels = made.labels;
        write_image(film.file, made.pixels);
        index.films.push_back(film);
    }
    const fs::path file = folder / (name + ".safetensors");
    PrepareOptions options;
    options.size = size;
    prepare(index, options, file);
    return file;
}

} // namespace mlvicx
