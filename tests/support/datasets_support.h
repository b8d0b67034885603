#pragma once

#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/decode/inflate.h"
#include "datasets/index.h"

#include <opencv2/imgcodecs.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace mlvicx {

namespace fs = std::filesystem;

/// The message of the UserError that `action` throws; fails the test if there is none.
template <typename Action> std::string user_error_of(Action&& action) {
    try {
        action();
    } catch (const UserError& error) {
        return error.what();
    }
    FAIL("expected a UserError");
    return {};
}

/// A grey image [height, width] with structure at several scales, different for every `number`.
inline cv::Mat test_image(int width, int height, int number = 0) {
    cv::Mat image(height, width, CV_8U);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.at<std::uint8_t>(y, x) =
                static_cast<std::uint8_t>((3 * x + 5 * y + ((x / 7) ^ (y / 5)) * 11 + number * 37 + x * y / 16) % 256);
    return image;
}

inline std::vector<std::uint8_t> encoded(const cv::Mat& pixels, const std::string& extension) {
    std::vector<std::uint8_t> bytes;
    cv::imencode(extension, pixels, bytes);
    return bytes;
}

/// The PNG with one more chunk after its image header.
inline std::vector<std::uint8_t> with_chunk(std::vector<std::uint8_t> png, const std::string& type,
                                            const std::vector<std::uint8_t>& data) {
    std::vector<std::uint8_t> chunk(type.begin(), type.end());
    chunk.insert(chunk.end(), data.begin(), data.end());
    const auto big_endian = [](std::size_t value) {
        return std::vector<std::uint8_t>{static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                                         static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    };
    const auto length = big_endian(data.size()), crc = big_endian(crc32_of(chunk));
    chunk.insert(chunk.begin(), length.begin(), length.end());
    chunk.insert(chunk.end(), crc.begin(), crc.end());
    constexpr std::ptrdiff_t header_end = 8 + 25; // signature, image header
    png.insert(png.begin() + header_end, chunk.begin(), chunk.end());
    return png;
}

/// Like write_text, but without waiting for the disk: tests write thousands of small files.
inline void put(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

/// Replaces `from` (which must be there) in a file.
inline void edit(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = read_text(file);
    const auto at = text.find(from);
    if (at == std::string::npos) FAIL(file.string() + " does not hold " + from);
    put(file, text.replace(at, from.size(), to));
}

inline const ImageEntry& image_of(const DatasetIndex& index, const std::string& id) {
    for (const ImageEntry& image : index.images)
        if (image.id == id) return image;
    FAIL("no image " + id);
    throw std::logic_error("unreachable");
}

inline std::vector<std::string> findings_of(const DatasetIndex& index, const std::string& id) {
    std::vector<std::string> names;
    const ImageEntry& image = image_of(index, id);
    for (std::size_t c = 0; c < index.classes.size(); ++c)
        if (image.labels[c] == 1) names.push_back(index.classes[c]);
    return names;
}

inline void write_bytes(const fs::path& file, const std::vector<std::uint8_t>& bytes) {
    put(file, {bytes.begin(), bytes.end()});
}

inline void write_image(const fs::path& file, const cv::Mat& pixels) {
    write_bytes(file, encoded(pixels, file.extension().string()));
}

/// A dataset of `images` small PNG files under `folder`: two images per patient, two classes, every split.
inline DatasetIndex small_dataset(const TempFolder& folder, int images, int side = 40) {
    DatasetIndex index;
    index.dataset = "small";
    index.classes = {"Mass", "Nodule"};
    for (int i = 0; i < images; ++i) {
        ImageEntry image;
        image.id = "image" + std::to_string(i) + ".png";
        image.file = folder / image.id;
        image.patient = "p" + std::to_string(i / 2);
        image.split = static_cast<Split>(i / 2 % 3);
        image.labels = {static_cast<std::int8_t>(i % 3 - 1), static_cast<std::int8_t>(i % 2)};
        write_image(image.file, test_image(side, side, i));
        index.images.push_back(image);
    }
    return index;
}

} // namespace mlvicx
