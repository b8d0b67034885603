#include "tests/support/datasets_support.h"

#include "datasets/decode/decode.h"
#include "datasets/decode/image_file.h"

#include <opencv2/imgproc.hpp>

#include <cstdlib>

using namespace mlvicx;

namespace {

const fs::path made = fs::path(MLVICX_TEST_DATA) / "images";

bool same(const cv::Mat& a, const cv::Mat& b) {
    return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

cv::Mat decoded(const TempFolder& folder, const cv::Mat& pixels, const char* name = "image.png") {
    write_image(folder / name, pixels);
    return decode_image(folder / name);
}

cv::Mat decoded_bytes(const TempFolder& folder, const std::vector<std::uint8_t>& bytes,
                      Window window = Window::automatic, std::string* rule = nullptr) {
    write_bytes(folder / "image", bytes);
    return decode_image(folder / "image", window, rule);
}

std::string decode_message(const fs::path& file, const std::vector<std::uint8_t>& bytes) {
    write_bytes(file, bytes);
    return user_error_of([&] { decode_image(file); });
}

} // namespace

TEST_CASE("decode: grey, RGB, RGBA and 16-bit files give the same image", "[unit]") {
    const TempFolder folder;
    const cv::Mat image = test_image(61, 47);
    cv::Mat rgb, rgba, deep;
    cv::cvtColor(image, rgb, cv::COLOR_GRAY2BGR);
    cv::cvtColor(image, rgba, cv::COLOR_GRAY2BGRA);
    for (int y = 0; y < rgba.rows; ++y)
        for (int x = 0; x < rgba.cols; ++x) rgba.at<cv::Vec4b>(y, x)[3] = static_cast<std::uint8_t>(x * 4); // ignored
    image.convertTo(deep, CV_16U, 257);
    CHECK(same(decoded(folder, image), image));
    CHECK(same(decoded(folder, rgb), image));
    CHECK(same(decoded(folder, rgba), image));
    CHECK(same(decoded_bytes(folder, with_chunk(encoded(deep, ".png"), "sBIT", {8})), image));
    cv::cvtColor(deep, deep, cv::COLOR_GRAY2BGR);
    CHECK(same(decoded_bytes(folder, with_chunk(encoded(deep, ".png"), "sBIT", {8, 8, 8})), image));
}

TEST_CASE("decode: the full range of 16 bits is scaled to 0..255 with rounding, colour becomes luma", "[unit]") {
    const TempFolder folder;
    const cv::Mat deep = (cv::Mat_<std::uint16_t>(1, 5) << 0, 128, 129, 32768, 65535);
    CHECK(same(decoded_bytes(folder, encoded(deep, ".png"), Window::full),
               (cv::Mat_<std::uint8_t>(1, 5) << 0, 0, 1, 128, 255)));
    // ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B
    const cv::Mat colours =
        (cv::Mat_<cv::Vec3b>(1, 3) << cv::Vec3b(0, 0, 255), cv::Vec3b(0, 255, 0), cv::Vec3b(255, 0, 0));
    CHECK(same(decoded(folder, colours), (cv::Mat_<std::uint8_t>(1, 3) << 76, 150, 29)));
}

TEST_CASE("decode: one-bit, palette and grey-with-alpha PNG are understood", "[reference]") {
    const TempFolder folder;
    std::vector<std::uint8_t> bytes;
    const cv::Mat mask = (test_image(33, 20) > 100);
    cv::imencode(".png", mask, bytes, {cv::IMWRITE_PNG_BILEVEL, 1});
    write_bytes(folder / "mask.png", bytes);
    CHECK(same(decode_image(folder / "mask.png"), mask));
    const cv::Mat palette =
        decode_image(made / "palette.png"); // indices 1, 0 of the palette {10, 10, 10}, {200, 200, 200}
    CHECK(same(palette, (cv::Mat_<std::uint8_t>(1, 2) << 200, 10)));
    const cv::Mat grey = decode_image(made / "grey_alpha.png"); // 40 x + 30 y, alpha 90
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 6; ++x) CHECK(grey.at<std::uint8_t>(y, x) == (40 * x + 30 * y) % 256);
}

TEST_CASE("decode: JPEG files are read, baseline and progressive", "[unit]") {
    const TempFolder folder;
    cv::Mat smooth;
    cv::GaussianBlur(test_image(96, 80), smooth, {0, 0}, 5);
    for (const int progressive : {0, 1}) {
        std::vector<std::uint8_t> bytes;
        cv::imencode(".jpg", smooth, bytes,
                     {cv::IMWRITE_JPEG_QUALITY, 95, cv::IMWRITE_JPEG_PROGRESSIVE, progressive,
                      cv::IMWRITE_JPEG_RST_INTERVAL, 3});
        write_bytes(folder / "image.jpg", bytes);
        const cv::Mat image = decode_image(folder / "image.jpg");
        REQUIRE(image.size() == smooth.size());
        CHECK(cv::norm(image, smooth, cv::NORM_INF) < 12);
    }
}

TEST_CASE("decode: an image truncated anywhere is an error that names the file", "[unit]") {
    const TempFolder folder;
    for (const auto* name : {"image.png", "image.jpg"}) {
        const auto bytes = encoded(test_image(120, 90), fs::path(name).extension().string());
        REQUIRE(same(decoded(folder, test_image(120, 90)), test_image(120, 90)));
        for (std::size_t length = 0; length < bytes.size(); length += length < 80 ? 1 : 97) {
            const std::vector<std::uint8_t> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
            CHECK(contains(decode_message(folder / name, part), name));
        }
        const std::vector<std::uint8_t> all_but_one(bytes.begin(), bytes.end() - 1);
        CHECK(contains(decode_message(folder / name, all_but_one), "truncated"));
    }
    CHECK(contains(decode_message(folder / "image.png", {}), "is empty"));
}

TEST_CASE("decode: a PNG with valid chunks whose pixels end early is an error", "[reference]") {
    CHECK(contains(user_error_of([] { decode_image(made / "pixels_cut.png"); }), "pixels_cut.png"));
    CHECK(contains(user_error_of([] { decode_image(made / "pixels_few.png"); }), "pixels_few.png"));
}

TEST_CASE("decode: flipped bits never crash, and in a PNG none goes unnoticed", "[unit]") {
    const TempFolder folder;
    for (const auto* name : {"image.png", "image.jpg"}) {
        const auto bytes = encoded(test_image(64, 48), fs::path(name).extension().string());
        for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 400) {
            auto damaged = bytes;
            damaged[at] ^= static_cast<std::uint8_t>(1u << (at % 8));
            write_bytes(folder / name, damaged);
            bool refused = false;
            try {
                decode_image(folder / name);
            } catch (const UserError& error) {
                refused = contains(error.what(), name);
            }
            CHECK((refused || fs::path(name).extension() == ".jpg"));
        }
    }
}

TEST_CASE("decode: other formats, damaged DICOM and excessive sizes are refused", "[unit]") {
    const TempFolder folder;
    CHECK(contains(decode_message(folder / "image.png", {'G', 'I', 'F', '8', '9', 'a'}), "unknown image format"));
    std::vector<std::uint8_t> dicom(132, 0);
    dicom.insert(dicom.begin() + 128, {'D', 'I', 'C', 'M'});
    CHECK(contains(decode_message(folder / "image.dcm", dicom), "DICOM"));
    CHECK(contains(user_error_of([&] { decode_image(folder / "none.png"); }), "none.png"));
    // A PNG of 100,000 x 100,000 pixels that takes 90 bytes: refused before a decoder asks for 10 GB.
    auto bytes = encoded(test_image(4, 4), ".png");
    bytes[16] = bytes[20] = 0, bytes[17] = bytes[21] = 0x01, bytes[18] = bytes[22] = 0x86, bytes[19] = bytes[23] = 0xa0;
    std::uint32_t crc = 0xffffffffu;
    for (std::size_t i = 12; i < 29; ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xedb88320u ^ (crc >> 1) : crc >> 1;
    }
    crc = ~crc;
    for (int k = 0; k < 4; ++k)
        bytes[29 + static_cast<std::size_t>(k)] = static_cast<std::uint8_t>(crc >> (24 - 8 * k));
    CHECK(contains(decode_message(folder / "image.png", bytes), "100000 x 100000 pixels"));
}

TEST_CASE("resize: whole factors average areas exactly, means are kept, flat images stay flat", "[unit]") {
    const cv::Mat image = test_image(64, 32);
    const cv::Mat small = resize_image(image, 16); // 4 columns and 2 rows of the image per pixel
    REQUIRE(small.size() == cv::Size(16, 16));
    for (int y = 0; y < 16; ++y)
        for (int x = 0; x < 16; ++x) {
            const double part = cv::mean(image(cv::Rect(4 * x, 2 * y, 4, 2)))[0];
            CHECK(std::abs(small.at<std::uint8_t>(y, x) - part) <= 0.5 + 1e-9);
        }
    const double mean = cv::mean(resize_image(test_image(100, 70), 33))[0];
    CHECK(std::abs(mean - cv::mean(test_image(100, 70))[0]) < 0.5);
    for (const int size : {8, 24, 50, 99}) {
        const cv::Mat flat = resize_image(cv::Mat(24, 50, CV_8U, cv::Scalar(77)), size);
        CHECK(flat.size() == cv::Size(size, size));
        CHECK(cv::norm(flat, cv::Mat(size, size, CV_8U, cv::Scalar(77)), cv::NORM_INF) == 0);
    }
    CHECK(same(resize_image(test_image(20, 20), 20), test_image(20, 20)));
}
