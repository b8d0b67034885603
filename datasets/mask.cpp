#include "datasets/mask.h"

#include "core/error.h"
#include "datasets/decode.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>

namespace mlvicx {

namespace {

void draw_runs(cv::Mat1b& pixels, const std::vector<Run>& runs) {
    const auto height = static_cast<std::uint32_t>(pixels.rows), width = static_cast<std::uint32_t>(pixels.cols);
    for (const Run& run : runs) {
        ensure(run.length <= width * height && run.first <= width * height - run.length, "a run lies inside its film");
        for (std::uint32_t at = run.first; at < run.first + run.length; ++at)
            pixels(static_cast<int>(at % height), static_cast<int>(at / height)) = 255;
    }
}

void draw_areas(cv::Mat1b& pixels, const std::vector<Area>& areas) {
    for (const Area& area : areas) {
        const cv::Point first(cvRound(area.x), cvRound(area.y));
        const cv::Point end(cvRound(area.x + area.width), cvRound(area.y + area.height));
        pixels(cv::Rect(first, end) & cv::Rect({}, pixels.size())).setTo(255);
    }
}

} // namespace

cv::Mat1b draw_mask(const Mask& mask, Frame frame) {
    cv::Mat1b pixels;
    if (!mask.runs.empty() || !mask.areas.empty()) {
        pixels = cv::Mat1b::zeros(cvRound(frame.height), cvRound(frame.width));
        draw_runs(pixels, mask.runs);
        draw_areas(pixels, mask.areas);
    }
    for (const auto& file : mask.files) {
        const cv::Mat1b part = decode_film(file) > 0;
        if (pixels.empty())
            pixels = part;
        else if (pixels.size() == part.size())
            pixels |= part;
        else
            user_error("{}: the mask has {} x {} pixels, expected {} x {} as the other parts of this film's mask",
                       file.string(), part.cols, part.rows, pixels.cols, pixels.rows);
    }
    return pixels;
}

} // namespace mlvicx
