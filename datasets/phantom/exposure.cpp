#include "datasets/phantom/exposure.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace mlvicx::phantom {

namespace {

/// A fraction of all light is scattered.
void add_scatter(cv::Mat1f& image, double share) {
    cv::Mat1f small, wide;
    cv::resize(image, small, {32, 32}, 0, 0, cv::INTER_AREA);
    cv::GaussianBlur(small, small, {}, 2.5);
    cv::resize(small, wide, image.size(), 0, 0, cv::INTER_LINEAR);
    image = (1 - share) * image + share * wide;
}

double quantile(std::vector<float>& values, double share) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

/// Stretches to 0 .. 1 and applies a gamma so that the mean is `target`.
void set_contrast(cv::Mat1f& image, double target) {
    std::vector<float> values(image.begin(), image.end());
    const double low = quantile(values, 0.01), high = std::max(quantile(values, 0.995), low + 0.1);
    double mean = 0;
    for (float& value : image) {
        value = static_cast<float>(std::clamp((value - low) / (high - low), 0.0, 1.0));
        mean += value;
    }
    mean /= static_cast<double>(image.total());
    const double gamma = std::clamp(std::log(target) / std::log(std::clamp(mean, 0.05, 0.95)), 0.5, 2.4);
    for (float& value : image) value = static_cast<float>(std::pow(value, gamma));
}

/// Quantum noise: stronger where less light arrives, partly correlated between neighbours, finer and weaker on coarse
/// pixels.
void add_noise(cv::Mat1f& image, Random random, double strength) {
    cv::Mat1f noise(image.size());
    for (float& value : noise) value = static_cast<float>(random.normal());
    cv::Mat1f soft;
    cv::GaussianBlur(noise, soft, {3, 3}, 0.8);
    const double scale = strength * std::min(2.0, image.cols / 256.0);
    for (int i = 0; i < static_cast<int>(image.total()); ++i) {
        const int row = i / image.cols, column = i % image.cols;
        float& value = image(row, column);
        value += static_cast<float>(scale * (0.5 + value)) * (0.5F * noise(row, column) + 1.2F * soft(row, column));
    }
}

/// Straight shutters on one to four sides; what they cover is black, or white on an inverted border.
void collimate(cv::Mat1f& image, Random& random) {
    if (!random.chance(0.45)) return;
    const double angle = random.normal() * 0.015, level = random.chance(0.75) ? random.uniform(0, 0.06) : 1;
    double side[4];
    for (double& depth : side) depth = random.chance(0.5) ? random.uniform(0.01, 0.06) : -1;
    const double pixel = 1.0 / image.cols;
    for (int row = 0; row < image.rows; ++row)
        for (int column = 0; column < image.cols; ++column) {
            const double x = (column + 0.5) * pixel - 0.5, y = (row + 0.5) * pixel - 0.5;
            const double u = x + angle * y + 0.5, v = y - angle * x + 0.5;
            const double inside = std::min({u - side[0], 1 - u - side[1], v - side[2], 1 - v - side[3]});
            const double open = smooth_edge(inside, pixel);
            if (open < 1) image(row, column) = static_cast<float>(open * image(row, column) + (1 - open) * level);
        }
}

/// "L" in the image's right upper corner or "R" in the left one, as placed by the radiographer.
void add_marker(cv::Mat1f& image, Random& random, bool ap) {
    const bool left = random.chance(0.7);
    const double scale = image.cols / 256.0, size = random.uniform(0.45, 0.75) * scale;
    const double x = (left ? random.uniform(0.86, 0.93) : random.uniform(0.04, 0.1)) * image.cols,
                 y = random.uniform(0.07, 0.2) * image.rows;
    const int thick = std::max(1, static_cast<int>(std::lround(1.2 * scale)));
    cv::Mat1b text(image.size(), 0);
    const auto put = [&](const char* word, double dx, double dy, double height) {
        cv::putText(text, word, {static_cast<int>(x + dx * scale), static_cast<int>(y + dy * scale)},
                    cv::FONT_HERSHEY_SIMPLEX, height, 255, thick, cv::LINE_AA);
    };
    if (!random.chance(0.85)) return;
    put(left ? "L" : "R", 0, 0, size);
    if (ap && random.chance(0.6)) put("AP", left ? -6 : 0, 11, 0.6 * size);
    const double bright = random.uniform(0.8, 1);
    for (int i = 0; i < static_cast<int>(image.total()); ++i) {
        float& value = image(i / image.cols, i % image.cols);
        const double cover = text(i / image.cols, i % image.cols) / 255.0;
        value = static_cast<float>(value + cover * (std::max<double>(value, bright) - value));
    }
}

} // namespace

cv::Mat1b expose(const cv::Mat1f& attenuation, const ImageKey& key, bool ap, double spread) {
    Random random = of_image(key, Stream::exposure);
    cv::Mat1f image = attenuation.clone();
    add_scatter(image, random.uniform(0.05, 0.2) + (ap ? random.uniform(0, 0.2) : 0));
    set_contrast(image, random.uniform(0.44 - 0.19 * spread, 0.66 + 0.14 * spread));
    const double unsharp = random.uniform(0.0012, ap ? 0.0032 : 0.0022) * image.cols;
    if (unsharp > 0.3) cv::GaussianBlur(image, image, {}, unsharp);
    add_noise(image, of_image(key, Stream::noise), random.uniform(0.005, 0.011) * (ap ? 1.5 : 1));
    const double reach = random.uniform(0.82 - 0.37 * spread, 1), foot = random.uniform(0, 0.1 + 0.2 * spread);
    image = foot + (reach - foot) * image; // not every image uses all grey values
    collimate(image, random);
    add_marker(image, random, ap);
    cv::Mat1b pixels;
    image.convertTo(pixels, CV_8U, 255);
    return pixels;
}

} // namespace mlvicx::phantom
