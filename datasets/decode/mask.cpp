#include "datasets/decode/mask.h"

#include "core/error.h"
#include "datasets/decode/decode.h"
#include "datasets/decode/mask_file.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace mlvicx {

namespace {

void draw_runs(cv::Mat1b& pixels, const std::vector<Run>& runs) {
    const auto height = static_cast<std::uint32_t>(pixels.rows), width = static_cast<std::uint32_t>(pixels.cols);
    for (const Run& run : runs) {
        ensure(run.length <= width * height && run.first <= width * height - run.length, "a run exceeds its image");
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

/// Whether one of the two can be a resized copy of the other: a side may be off by one pixel of the smaller one.
bool same_shape(cv::Size a, cv::Size b) {
    if (a.area() > b.area()) std::swap(a, b);
    const double scale_x = 1.0 * a.width / b.width, scale_y = 1.0 * a.height / b.height;
    return std::abs(a.height - b.height * scale_x) <= 1 || std::abs(a.width - b.width * scale_y) <= 1;
}

bool equal_names(const std::string& a, const std::string& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

} // namespace

cv::Mat1b draw_mask(const Mask& mask, Frame frame, Notes& notes) {
    cv::Mat1b pixels;
    if (!mask.runs.empty() || !mask.areas.empty()) {
        pixels = cv::Mat1b::zeros(cvRound(frame.height), cvRound(frame.width));
        draw_runs(pixels, mask.runs);
        draw_areas(pixels, mask.areas);
    }
    for (const auto& file : mask.files) {
        const cv::Mat1b part = read_mask(file, notes);
        if (pixels.empty())
            pixels = part;
        else if (pixels.size() == part.size())
            pixels |= part;
        else
            user_error("{}: the mask has {} x {} pixels, expected {} x {} like the other parts of this image's mask",
                       file.string(), part.cols, part.rows, pixels.cols, pixels.rows);
    }
    return pixels;
}

cv::Mat1b draw_mask(const Mask& mask, Frame frame) {
    Notes unread;
    return draw_mask(mask, frame, unread);
}

std::vector<std::optional<std::size_t>> classes_of_masks(const DatasetIndex& index) {
    std::vector<std::optional<std::size_t>> result;
    for (const std::string& name : index.mask_names) {
        std::optional<std::size_t> place;
        for (std::size_t c = 0; c < index.classes.size(); ++c)
            if (index.classes[c] == name || (!place && equal_names(index.classes[c], name))) place = c;
        const bool only_one = index.mask_names.size() == 1 && index.classes.size() == 1 && name == "mask";
        if (!place && only_one) place = 0;
        result.push_back(place);
    }
    return result;
}

cv::Mat1b prepared_mask(const Mask& mask, const ImageEntry& image, cv::Size size, int side,
                        std::optional<std::int8_t> label, Notes& notes) {
    cv::Mat1b prepared = cv::Mat1b::zeros(side, side);
    if (mask.empty()) {
        if (label == 1) notes.push_back({"images without a mask although the label is 1", image.id});
        return prepared;
    }
    const Frame frame = image.frame.width > 0 ? image.frame : Frame{1.0 * size.width, 1.0 * size.height};
    const cv::Mat1b drawn = draw_mask(mask, frame, notes);
    if (!mask.files.empty() && !same_shape(drawn.size(), size))
        user_error("{}: the mask has {} x {} pixels, the image {} x {}, expected the same aspect ratio",
                   mask.files.front().string(), drawn.cols, drawn.rows, size.width, size.height);
    cv::threshold(resize_image(drawn, side), prepared, 127, 255, cv::THRESH_BINARY);
    const auto marked = static_cast<std::size_t>(cv::countNonZero(drawn));
    const bool empty = marked == 0;
    if (marked == drawn.total()) notes.push_back({"masks that cover the whole image", image.id});
    if (empty && label == 1)
        notes.push_back({"empty masks although the label is 1", image.id});
    else if (empty && !label)
        notes.push_back({"empty masks", image.id});
    else if (!empty && label == 0)
        notes.push_back({"non-empty masks although the label is 0", image.id});
    if (!empty && cv::countNonZero(prepared) == 0)
        notes.push_back({fmt::format("masks too small for {0} x {0} pixels, empty there", side), image.id});
    return prepared;
}

} // namespace mlvicx
