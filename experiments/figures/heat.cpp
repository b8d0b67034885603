#include "experiments/figures/heat.h"

#include "datasets/figure.h"
#include "experiments/evaluation/heatmaps.h"

#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

namespace mlvicx {

cv::Mat heat_over(const cv::Mat& image, const torch::Tensor& map, int side, bool from_least) {
    const double least = from_least ? map.min().item<double>() : 0, greatest = map.max().item<double>();
    auto heat = over_image(map, image.cols);
    for (float& value : heat)
        value = greatest > least ? static_cast<float>((value - least) / (greatest - least)) : 0.0f;
    const cv::Mat values(image.rows, image.cols, CV_32F, heat.data());
    cv::Mat amount, bytes, hot, grey, share, result;
    cv::resize(values, amount, {side, side}, 0, 0, cv::INTER_LINEAR);
    amount.convertTo(bytes, CV_8U, 255);
    cv::applyColorMap(bytes, hot, cv::COLORMAP_TURBO);
    hot.convertTo(hot, CV_32FC3);
    tile_of(image, side).convertTo(grey, CV_32FC3);
    cv::cvtColor(amount * 0.6, share, cv::COLOR_GRAY2BGR);
    const cv::Mat mixed = grey + share.mul(hot - grey);
    mixed.convertTo(result, CV_8UC3);
    return result;
}

} // namespace mlvicx
