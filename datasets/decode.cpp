#include "datasets/decode.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/dicom_file.h"
#include "datasets/image_file.h"
#include "datasets/jpeg.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>

namespace mlvicx {

namespace {

/// A decoder's pixels as 8-bit grey. Luma of equal colours is that grey exactly, so a film is the same in every form.
cv::Mat to_grey(cv::Mat pixels, const std::string& name) {
    if (pixels.depth() != CV_8U && pixels.depth() != CV_16U)
        user_error("{}: pixels of an unknown type, expected 8 or 16 bit", name);
    if (pixels.channels() != 1) {
        cv::Mat luma;
        cv::cvtColor(pixels, luma, pixels.channels() == 4 ? cv::COLOR_BGRA2GRAY : cv::COLOR_BGR2GRAY);
        pixels = luma;
    }
    if (pixels.depth() == CV_16U) pixels.convertTo(pixels, CV_8U, 255.0 / 65535.0);
    return pixels;
}

cv::Mat decode_image(std::span<const std::uint8_t> bytes, const std::string& name, std::string& rule) {
    const ImageHead head = check_image(bytes, name);
    rule = "image, 8 bits as they are";
    if (head.frame != 0) return decode_jpeg(bytes, head, name);
    try {
        const cv::Mat coded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::uint8_t*>(bytes.data()));
        const cv::Mat pixels = cv::imdecode(coded, cv::IMREAD_UNCHANGED);
        if (pixels.empty()) user_error("{}: damaged image: it cannot be decoded", name);
        if (pixels.cols != static_cast<int>(head.width) || pixels.rows != static_cast<int>(head.height))
            user_error("{}: damaged image: {} x {} pixels, its header says {} x {}", name, pixels.cols, pixels.rows,
                       head.width, head.height);
        if (pixels.depth() == CV_16U) rule = "image, full range of 16 bits";
        if (pixels.channels() != 1) rule += ", luma of its colours";
        return to_grey(pixels, name);
    } catch (const cv::Exception& error) {
        user_error("{}: damaged image: {}", name, error.what());
    }
}

} // namespace

cv::Mat decode_film(const std::filesystem::path& file, Window window, std::string* rule) {
    const std::string name = file.string(), text = read_text(file);
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    std::string how;
    const cv::Mat film = is_dicom(bytes) ? decode_dicom(bytes, name, window, how) : decode_image(bytes, name, how);
    if (rule) *rule = how;
    return film;
}

cv::Mat resize_film(const cv::Mat& film, int size) {
    // Averaging only where it shrinks: each direction by itself, for a film may be wide and low.
    cv::Mat smaller = film, result;
    const cv::Size shrunk(std::min(film.cols, size), std::min(film.rows, size));
    if (shrunk != film.size()) cv::resize(film, smaller, shrunk, 0, 0, cv::INTER_AREA);
    if (shrunk == cv::Size(size, size)) return smaller;
    cv::resize(smaller, result, {size, size}, 0, 0, cv::INTER_LINEAR);
    return result;
}

} // namespace mlvicx
