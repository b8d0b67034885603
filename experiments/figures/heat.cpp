#include "experiments/figures/heat.h"

#include "experiments/evaluation/heatmaps.h"

#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

namespace mlvicx {

namespace {

constexpr double strongest = 0.7; ///< part of the colour where the heat is greatest

/// `amount`: float [side, side], 0 to 1; `grey`: BGR of the same size.
cv::Mat heated(const cv::Mat& grey, const cv::Mat& amount) {
    cv::Mat bytes, hot, plain, share, result;
    amount.convertTo(bytes, CV_8U, 255);
    cv::applyColorMap(bytes, hot, cv::COLORMAP_INFERNO);
    hot.convertTo(hot, CV_32FC3);
    grey.convertTo(plain, CV_32FC3);
    cv::cvtColor(amount * strongest, share, cv::COLOR_GRAY2BGR);
    const cv::Mat mixed = plain + share.mul(hot - plain);
    mixed.convertTo(result, CV_8UC3);
    return result;
}

} // namespace

cv::Mat heat_over(const cv::Mat& image, const torch::Tensor& map, int side, bool from_least) {
    const double least = from_least ? map.min().item<double>() : 0, greatest = map.max().item<double>();
    auto heat = over_image(map, image.cols);
    for (float& value : heat)
        value = greatest > least ? static_cast<float>((value - least) / (greatest - least)) : 0.0f;
    const cv::Mat values(image.rows, image.cols, CV_32F, heat.data());
    cv::Mat amount;
    cv::resize(values, amount, {side, side}, 0, 0, cv::INTER_LINEAR);
    return heated(tile_of(image, side), amount);
}

void draw_heat_scale(Drawing& figure, const std::string& least, const std::string& most) {
    constexpr int width = 70, height = 10;
    constexpr double letters = 0.34;
    cv::Mat amount(height, width, CV_32F);
    for (int x = 0; x < width; ++x) amount.col(x).setTo(static_cast<float>(x) / (width - 1));
    const int before = text_width(least, letters), after = text_width(most, letters);
    const cv::Point text = figure.corner(0, 0) + cv::Point(60, -5), bar = text + cv::Point(before + 6, 1 - height);
    figure.write(least, text, before, {letters, colours::faint});
    figure.paste(heated(cv::Mat(height, width, CV_8UC3, cv::Scalar::all(128)), amount), bar);
    figure.write(most, {bar.x + width + 6, text.y}, after, {letters, colours::faint});
}

} // namespace mlvicx
