#include "datasets/decode/mask_file.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/decode/picture.h"
#include "datasets/dicom/file.h"
#include "datasets/dicom/pixels.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr const char* thresholded = "masks of more than two values, thresholded at half the file's maximum";
constexpr const char* background = "masks whose background is not 0, thresholded half way to their maximum";
constexpr const char* from_alpha = "masks taken from the alpha channel because their colour is uniform";
constexpr const char* from_palette = "masks taken from palette indices because the palette's colour is uniform";
constexpr const char* alpha_ignored = "masks whose alpha channel differs from their colours and is ignored";

bool flat(const cv::Mat& plane) {
    double low = 0, high = 0;
    cv::minMaxIdx(plane, &low, &high);
    return low == high;
}

/// The values that occur in a plane of u8 or u16, ascending.
std::vector<int> values_of(const cv::Mat& plane) {
    std::vector<bool> seen(65536, false);
    for (int y = 0; y < plane.rows; ++y) {
        const auto mark = [&](const auto* row) {
            for (int x = 0; x < plane.cols; ++x) seen[row[x]] = true;
        };
        plane.depth() == CV_8U ? mark(plane.ptr<std::uint8_t>(y)) : mark(plane.ptr<std::uint16_t>(y));
    }
    std::vector<int> values;
    for (std::size_t value = 0; value < seen.size(); ++value)
        if (seen[value]) values.push_back(static_cast<int>(value));
    return values;
}

cv::Mat1b above_background(const cv::Mat& plane, const char*& note) {
    const auto values = values_of(plane);
    const int low = values.front(), high = values.back();
    // Values close together count as one: all mask, or 255 that lossy coding turned into 254 in places.
    const bool one_value = 4 * low > 3 * high;
    if (one_value || high == 0) return cv::Mat1b(plane.size(), high > 0 ? 255 : 0);
    if (low > 0)
        note = background;
    else if (values.size() > 2)
        note = thresholded;
    const int half_way = (low + high + 1) / 2; // rounded up: values are whole numbers
    return plane >= half_way;
}

cv::Mat mask_plane(const Picture& picture, Bytes bytes, const std::string& name, Notes& notes) {
    std::vector<cv::Mat> planes;
    cv::split(picture.pixels, planes);
    cv::Mat alpha;
    if (planes.size() == 4) {
        alpha = planes.back();
        planes.pop_back();
    }
    const bool one_colour = std::all_of(planes.begin(), planes.end(), flat);
    cv::Mat brightest = planes.front().clone();
    for (const cv::Mat& plane : planes) cv::max(brightest, plane, brightest);
    const bool alpha_differs = !alpha.empty() && !flat(alpha);
    if (one_colour && alpha_differs) {
        notes.push_back({from_alpha, name});
        return alpha;
    }
    if (one_colour && picture.head.palette) {
        cv::Mat positions = palette_positions(bytes, picture.head, name);
        if (flat(positions)) return brightest;
        notes.push_back({from_palette, name});
        return positions;
    }
    if (!one_colour && flat(brightest))
        user_error("{}: a mask of equally bright colours, expected a black background", name);
    const char* ignored = nullptr;
    if (alpha_differs && cv::countNonZero(above_background(alpha, ignored) != above_background(brightest, ignored)) > 0)
        notes.push_back({alpha_ignored, name});
    return brightest;
}

} // namespace

cv::Mat1b read_mask(const std::filesystem::path& file, Notes& notes) {
    const std::string name = file.string(), text = read_text(file);
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    cv::Mat plane;
    if (is_dicom(bytes)) {
        const DicomFile dicom(bytes, name);
        const DicomPixels pixels = dicom_pixels(dicom, dicom_layout(dicom));
        plane = pixels.stored & cv::Scalar((1 << pixels.bits) - 1);
    } else {
        plane = mask_plane(read_picture(bytes, name), bytes, name, notes);
    }
    const char* note = nullptr;
    cv::Mat1b mask = above_background(plane, note);
    if (note) notes.push_back({note, name});
    return mask;
}

} // namespace mlvicx
