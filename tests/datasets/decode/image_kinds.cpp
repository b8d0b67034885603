// Rare but valid forms of PNG and JPEG.
#include "tests/support/datasets_support.h"

#include "datasets/decode/decode.h"
#include "datasets/dicom/dicom.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <opencv2/imgproc.hpp>

#include <numeric>

using namespace mlvicx;

namespace {

const fs::path made = fs::path(MLVICX_TEST_DATA) / "images";

using Bytes = std::vector<std::uint8_t>;

bool same(const cv::Mat& a, const cv::Mat& b) {
    return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

/// What an image file with these bytes becomes, and by which rule.
struct Read {
    cv::Mat pixels;
    std::string rule;

    explicit Read(const Bytes& bytes, Window window = Window::automatic) {
        const TempFolder folder;
        write_bytes(folder / "image", bytes);
        pixels = decode_image(folder / "image", window, &rule);
    }
    Read(const fs::path& file, Window window) { pixels = decode_image(file, window, &rule); }
};

/// EXIF data with an orientation: one directory with one entry (TIFF 6.0, section 2).
Bytes exif(int orientation, bool big_endian) {
    const auto value = static_cast<std::uint8_t>(orientation);
    if (big_endian) return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0};
    return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
}

/// The JPEG with EXIF data in an APP1 segment after its first marker.
Bytes with_exif(Bytes jpeg, const Bytes& data) {
    const auto length = static_cast<std::uint8_t>(2 + 6 + data.size());
    Bytes segment = {0xff, 0xe1, 0, length, 'E', 'x', 'i', 'f', 0, 0};
    segment.insert(segment.end(), data.begin(), data.end());
    jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
    return jpeg;
}

/// Values 0 to 999 in 40 x 25 pixels; the percentiles leave out five at each end.
cv::Mat ramp() {
    cv::Mat values(25, 40, CV_16U);
    std::iota(values.begin<std::uint16_t>(), values.end<std::uint16_t>(), std::uint16_t{0});
    return values;
}

std::vector<int> some(const cv::Mat& pixels) {
    std::vector<int> values;
    for (const int at : {0, 5, 6, 100, 500, 993, 994, 999}) values.push_back(pixels.at<std::uint8_t>(at / 40, at % 40));
    return values;
}

} // namespace

TEST_CASE("image kinds: 16 bits become 8 by percentiles or by the full range", "[reference]") {
    // numpy: v = np.arange(1000); np.floor(255 * np.clip((v - 5) / (994 - 5), 0, 1) + 0.5)
    const std::vector<int> percentiles = {0, 0, 0, 24, 128, 255, 255, 255};
    const Read automatic(encoded(ramp(), ".png"));
    CHECK(some(automatic.pixels) == percentiles);
    CHECK(automatic.rule == "image, 0.5 to 99.5 percentile of 16 bits");
    const Read file(encoded(ramp(), ".png"), Window::file);
    CHECK(some(file.pixels) == percentiles);
    CHECK(contains(file.rule, "no window in the file"));
    // np.floor(255 * v / 65535 + 0.5)
    CHECK(some(Read(encoded(ramp(), ".png"), Window::full).pixels) == std::vector<int>{0, 0, 0, 0, 2, 4, 4, 4});
    cv::Mat colours;
    cv::cvtColor(ramp(), colours, cv::COLOR_GRAY2BGR);
    const Read grey_in_colours(encoded(colours, ".png"));
    CHECK(same(grey_in_colours.pixels, automatic.pixels));
    CHECK(grey_in_colours.rule == automatic.rule + ", luma of colours");
}

TEST_CASE("image kinds: a PNG's significant bits count, whether they are the lower or the upper ones", "[reference]") {
    // np.floor(255 * v / 1023 + 0.5)
    const std::vector<int> full = {0, 1, 1, 25, 125, 248, 248, 249};
    cv::Mat upper(25, 40, CV_16U); // as the standard requires: scaled, here by repeating the bits (12.4)
    for (int i = 0; i < 1000; ++i)
        upper.at<std::uint16_t>(i / 40, i % 40) = static_cast<std::uint16_t>(i << 6 | i >> 4);
    for (const cv::Mat& values : {ramp(), upper}) {
        const Bytes bytes = with_chunk(encoded(values, ".png"), "sBIT", {10});
        CHECK(some(Read(bytes, Window::full).pixels) == full);
        CHECK(Read(bytes, Window::full).rule == "image, full range of 10 bits");
        CHECK(Read(bytes).rule == "image, 0.5 to 99.5 percentile of 10 bits");
        CHECK(same(Read(bytes).pixels, Read(encoded(ramp(), ".png")).pixels));
    }
    cv::Mat alpha(25, 40, CV_16U, cv::Scalar(65535)), both;
    cv::merge(std::vector<cv::Mat>{ramp(), ramp(), ramp(), alpha}, both); // 16 bits of alpha
    CHECK(some(Read(with_chunk(encoded(both, ".png"), "sBIT", {10, 10, 10, 16}), Window::full).pixels) == full);
}

TEST_CASE("image kinds: EXIF orientations rotate PNG and JPEG as viewers do", "[reference]") {
    // Pillow: ImageOps.exif_transpose of [[1, 2, 3], [4, 5, 6]], here times 40, with the orientations 1 to 8
    const std::vector<std::vector<int>> expected = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                                    {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                                    {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
    cv::Mat stored = (cv::Mat_<std::uint8_t>(2, 3) << 40, 80, 120, 160, 200, 240), blocks;
    cv::resize(stored, blocks, {}, 8, 8, cv::INTER_NEAREST); // large enough for JPEG
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (const bool big_endian : {false, true}) {
            const Bytes data = exif(orientation, big_endian);
            const auto& values = expected[static_cast<std::size_t>(orientation - 1)];
            const int width = orientation <= 4 ? 3 : 2;
            const Read png(with_chunk(encoded(blocks, ".png"), "eXIf", data));
            const Read jpeg(with_exif(encoded(blocks, ".jpg"), data));
            for (const auto* read : {&png, &jpeg}) {
                REQUIRE(read->pixels.cols == 8 * width);
                REQUIRE(read->pixels.rows == 8 * (6 / width));
                for (int k = 0; k < 6; ++k)
                    CHECK(std::abs(read->pixels.at<std::uint8_t>(8 * (k / width) + 4, 8 * (k % width) + 4) -
                                   40 * values[static_cast<std::size_t>(k)]) <= 2);
                CHECK(contains(read->rule, "rotated by EXIF orientation") == (orientation != 1));
            }
        }
}

TEST_CASE("image kinds: invalid EXIF data do not rotate anything", "[unit]") {
    const Bytes png = encoded(test_image(24, 16), ".png");
    for (const Bytes& data :
         {exif(9, true), exif(0, false), Bytes{}, Bytes{'M', 'M'}, Bytes(7, 0xff),
          Bytes{'I', 'I', 42, 0, 0xff, 0xff, 0xff, 0xff}, Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 0xff, 0xff}})
        CHECK(same(Read(with_chunk(png, "eXIf", data)).pixels, test_image(24, 16)));
}

TEST_CASE("image kinds: JPEG in CMYK and YCCK is read", "[reference]") {
    // cmyk.jpg, ycck.jpg: see the folder's README. Pillow: Image.open(f).convert("RGB").convert("L")
    for (const char* name : {"cmyk.jpg", "ycck.jpg"}) {
        const Read read(made / name, Window::automatic);
        CHECK(read.rule == "image, 8 bits unchanged, luma of inks (CMYK)");
        const int expected[] = {255, 177, 124, 75};
        for (int k = 0; k < 4; ++k) CHECK(std::abs(read.pixels.at<std::uint8_t>(8, 16 * k + 8) - expected[k]) <= 1);
    }
}

TEST_CASE("image kinds: a JFIF version unknown to libjpeg is not damage", "[unit]") {
    Bytes jpeg = encoded(test_image(40, 32), ".jpg");
    const cv::Mat expected = Read(jpeg).pixels;
    REQUIRE(jpeg[6] == 'J');
    constexpr std::size_t major = 11;
    REQUIRE(jpeg[major] == 1);
    jpeg[major] = 2;
    CHECK(same(Read(jpeg).pixels, expected));
    jpeg[major] = 0;
    CHECK(same(Read(jpeg).pixels, expected));
}

TEST_CASE("image kinds: lossless JPEG, JPEG-LS and JPEG of 12 bits are read if GDCM is there, and never called damaged",
          "[reference]") {
    // Written by imagecodecs (see the folder's README): 8 bits are 10 y + 25 x, deeper ones 300 y + 350 x (12 bits) and
    // 16 times that; a range of 3950 (all but the ends) becomes 0..255.
    for (const char* name :
         {"lossless.jpg", "jpeg_ls.jpg", "jpeg_12_bits.jpg", "lossless_16.jpg", "lossless_rgb.jpg"}) {
        INFO(name);
        const bool deep = contains(name, "1");
        if (contains(name, "rgb") || !dicom_supported()) {
            const auto message = user_error_of([&] { decode_image(made / name); });
            CHECK_FALSE(contains(message, "damaged"));
            CHECK(
                contains(message, contains(name, "rgb") ? "lossless JPEG with 3 components is not supported" : "GDCM"));
            continue;
        }
        const Read read(made / name, Window::automatic);
        REQUIRE(read.pixels.size() == cv::Size(8, 6));
        for (int y = 0; y < 6; ++y)
            for (int x = 0; x < 8; ++x)
                CHECK(read.pixels.at<std::uint8_t>(y, x) ==
                      (deep ? std::lround(255.0 * (300 * y + 350 * x) / 3950) : 10 * y + 25 * x));
        CHECK(contains(read.rule, !deep                   ? "8 bits unchanged"
                                  : contains(name, "_16") ? "percentile of 16 bits"
                                                          : "percentile of 12 bits"));
    }
}

TEST_CASE("image kinds: a picture only in the alpha channel is refused with the reason", "[unit]") {
    const TempFolder folder;
    cv::Mat image;
    const cv::Mat black(30, 30, CV_8U, cv::Scalar(0));
    cv::merge(std::vector<cv::Mat>{black, black, black, test_image(30, 30)}, image);
    write_image(folder / "a.png", image);
    std::string rule;
    decode_image(made / "grey_alpha.png", Window::automatic, &rule);
    CHECK(rule == "image, 8 bits unchanged, luma of colours"); // alpha is 90 everywhere
    cv::Mat cut_out;
    cv::merge(std::vector<cv::Mat>{test_image(30, 30), black, black, test_image(30, 30)}, cut_out);
    CHECK(contains(Read(encoded(cut_out, ".png")).rule, "luma of colours, alpha ignored"));
    CHECK(contains(user_error_of([&] { decode_image(folder / "a.png"); }),
                   "a.png: its colour is uniform and its picture is in the alpha channel"));
}

TEST_CASE("image kinds: images of a single value are counted and named, refused or left out", "[unit]") {
    const TempFolder folder;
    const auto index = small_dataset(folder, 9);
    write_image(index.images[4].file, cv::Mat(40, 40, CV_8U, cv::Scalar(7)));
    cv::Mat alone;
    const cv::Mat white(40, 40, CV_8U, cv::Scalar(255));
    cv::merge(std::vector<cv::Mat>{white, white, white, test_image(40, 40)}, alone);
    write_image(index.images[7].file, alone);
    const auto before = folder.names().size();
    const auto message = user_error_of([&] { prepare(index, {16, 2, false}, folder / "out"); });
    CHECK(contains(message, "2 of 9 images have a single value, first "));
    CHECK(contains(message, "image4.png: all of its 16 x 16 prepared pixels are 7"));
    CHECK(contains(message, "--skip-bad"));
    CHECK(folder.names().size() == before);
    const auto report = prepare(index, {16, 2, true}, folder / "out");
    CHECK(report.images == 7);
    REQUIRE(report.bad.size() == 2);
    CHECK(contains(report.bad[1], "alpha channel"));
    const auto notes = PreparedDataset(folder / "out").provenance().at("prepared").at("notes");
    CHECK(notes.at("images of a single value, left out") ==
          json::value({{"count", 2}, {"first", {"image4.png", "image7.png"}}}));
}
