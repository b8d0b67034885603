#include "tests/support/dicom_made.h"

#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <opencv2/imgproc.hpp>

using namespace mlvicx;

namespace {

bool same(const cv::Mat& a, const cv::Mat& b) {
    return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

} // namespace

TEST_CASE("dicom: what is written is read back, without a difference if lossless", "[unit]") {
    if (!dicom_supported()) SKIP_TEST("built without GDCM");
    const TempFolder folder;
    cv::Mat image;
    cv::GaussianBlur(test_image(161, 121), image, {0, 0}, 4); // odd sizes: padding bytes
    for (const auto coding : {DicomCoding::uncompressed, DicomCoding::jpeg, DicomCoding::jpeg2000}) {
        write_dicom(folder / "image.dcm", image, "1.2.3.4", "patient 7", coding);
        std::string rule;
        const cv::Mat read = decode_image(folder / "image.dcm", Window::automatic, &rule);
        REQUIRE(read.size() == image.size());
        CHECK(cv::norm(read, image, cv::NORM_INF) <= (coding == DicomCoding::jpeg ? 16 : 0));
        CHECK(rule == "DICOM, full range of 8 bits");
        const std::string bytes = read_text(folder / "image.dcm");
        CHECK(contains(bytes, "1.2.3.4"));
        CHECK(contains(bytes, "patient 7"));
    }
    // Part of a larger picture: rows that are not contiguous.
    write_dicom(folder / "part.dcm", image(cv::Rect(3, 5, 60, 40)), "1.2.3.4", "p", DicomCoding::uncompressed);
    CHECK(same(decode_image(folder / "part.dcm"), image(cv::Rect(3, 5, 60, 40))));
    CHECK(contains(user_error_of([&] { write_dicom(folder / "x", image, "no uid", "p", DicomCoding::jpeg); }), "UID"));
    CHECK(contains(user_error_of([&] { write_dicom(folder / "none" / "x", image, "1.2", "p", DicomCoding::jpeg); }),
                   "cannot be written"));
}

#ifndef MLVICX_HAS_GDCM
TEST_CASE("dicom: without GDCM, what needs it is refused with a sentence that says how to get it", "[unit]") {
    const TempFolder folder;
    const auto message =
        user_error_of([&] { write_dicom(folder / "x.dcm", test_image(8, 8), "1.2", "p", DicomCoding::jpeg2000); });
    CHECK(contains(message, "x.dcm"));
    CHECK(contains(message, "libgdcm-dev"));
}
#endif

TEST_CASE("dicom: full range, percentile and the file's window map values as the standard says", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    std::string rule;
    CHECK(image.decoded(folder, Window::full) == std::vector<int>{0, 0, 0, 0, 0, 255});
    image.values = {0, 1000, 2000, 3000, 4000, 4095};
    CHECK(image.decoded(folder, Window::full, &rule) == std::vector<int>{0, 62, 125, 187, 249, 255});
    CHECK(rule == "DICOM, full range of 12 bits");
    // 1000 pixels 0..999: half a percent, 5 pixels, are below 5 and above 994.
    image.rows = 10, image.columns = 100, image.values.clear();
    for (int i = 0; i < 1000; ++i) image.values.push_back(i);
    const auto spread = image.decoded(folder, Window::automatic, &rule);
    CHECK(rule == "DICOM, 0.5 to 99.5 percentile of 12 bits");
    for (int i = 0; i < 1000; ++i)
        CHECK(spread[static_cast<std::size_t>(i)] == std::lround(255 * std::clamp((i - 5) / 989.0, 0.0, 1.0)));
    // PS3.3, C.11.2.1.2: centre 500, width 201 ends at 399.5 and 599.5.
    image.decimals = {{0x00281050, "500\\40"}, {0x00281051, "201\\80"}};
    const auto window = image.decoded(folder, Window::file, &rule);
    CHECK(rule == "DICOM, window of the file on 12 bits");
    CHECK((window[399] == 0 && window[600] == 255));
    CHECK(window[450] == std::lround(255 * ((450 - 499.5) / 200 + 0.5)));
    CHECK(image.decoded(folder) == spread); // a window is used only on request
    image.decimals.clear();
    CHECK(image.decoded(folder, Window::file, &rule) == spread);
    CHECK(rule == "DICOM, 0.5 to 99.5 percentile of 12 bits, no window in the file");
}

TEST_CASE("dicom: a flat image is black, and one that is flat except for a few pixels keeps them", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.values = std::vector<int>(6, 700);
    CHECK(image.decoded(folder) == std::vector<int>(6, 0));
    image.rows = 20, image.columns = 50, image.values = std::vector<int>(1000, 700), image.values[3] = 900;
    const auto decoded = image.decoded(folder);
    CHECK((decoded[3] == 255 && decoded[4] == 0));
}

TEST_CASE("dicom: rescale, sign and MONOCHROME1 change direction and offset of the values, not the image", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.values = {0, 500, 1000, 2000, 3000, 4095};
    std::string rule;
    const auto plain = image.decoded(folder), full = image.decoded(folder, Window::full);
    DicomMade other = image;
    other.decimals = {{0x00281052, "-1024"}, {0x00281053, "2.5 "}};
    CHECK(other.decoded(folder, Window::full, &rule) == full);
    CHECK(contains(rule, "rescaled"));
    CHECK(other.decoded(folder) == plain);
    other = image; // the twin: bits inverted, and marked as dark where high
    other.photometric = "MONOCHROME1";
    for (int& value : other.values) value = 4095 - value;
    CHECK(other.decoded(folder, Window::full, &rule) == full);
    CHECK(contains(rule, "MONOCHROME1 inverted"));
    CHECK(other.decoded(folder) == plain);
    other = image; // a negative slope inverts values
    for (int& value : other.values) value = 4095 - value;
    other.decimals = {{0x00281052, "4095"}, {0x00281053, "-1"}};
    CHECK(other.decoded(folder, Window::full) == full);
    CHECK(other.decoded(folder) == plain);
    other = image; // two's complement of 12 bits
    other.sign = 1;
    for (int& value : other.values) value = (value - 2048) & 0xfff;
    CHECK(other.decoded(folder, Window::full) == full);
    CHECK(other.decoded(folder) == plain);
    for (int& value : other.values) value |= 0xf000; // bits above the stored ones are ignored
    CHECK(other.decoded(folder) == plain);
}

TEST_CASE("dicom: eight bits are unchanged, and with MONOCHROME1 each is 255 minus the value", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.allocated = 8, image.stored = 8, image.high = 7, image.rows = 16, image.columns = 16, image.values.clear();
    for (int i = 0; i < 256; ++i) image.values.push_back(i);
    CHECK(image.decoded(folder) == image.values);
    image.photometric = "MONOCHROME1";
    const auto inverted = image.decoded(folder);
    for (int i = 0; i < 256; ++i) CHECK(inverted[static_cast<std::size_t>(i)] == 255 - i);
}

TEST_CASE("dicom: a file is recognised by its content, even without a preamble", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    const auto expected = image.decoded(folder, Window::full);
    const std::string bytes = image.bytes();
    const auto read = [&](const std::string& content) {
        put(folder / "image.png", content);
        const cv::Mat pixels = decode_image(folder / "image.png", Window::full);
        return std::vector<int>(pixels.begin<std::uint8_t>(), pixels.end<std::uint8_t>());
    };
    CHECK(read(bytes) == expected);
    CHECK(read(bytes.substr(132)) == expected);              // from the header's first element on
    CHECK(read(image.data()) == expected);                   // no header either, like files of old scanners
    CHECK(read(bytes + std::string(512, '\0')) == expected); // padded to a block
}

TEST_CASE("dicom: anything but a grey image of one frame is refused with the reason", "[unit]") {
    const TempFolder folder;
    const auto refused = [&](auto&& change) {
        DicomMade image;
        change(image);
        const std::string message = image.refused(folder);
        CHECK(contains(message, "image.dcm"));
        return message;
    };
    CHECK(contains(refused([](DicomMade& f) { f.photometric = "RGB", f.samples = 3; }), "colour"));
    CHECK(contains(refused([](DicomMade& f) { f.photometric = "PALETTE COLOR"; }), "colour"));
    CHECK(contains(refused([](DicomMade& f) { f.frames = "12"; }), "12 frames"));
    CHECK(contains(refused([](DicomMade& f) { f.rows = 0; }), "3 x 0 pixels"));
    CHECK(contains(refused([](DicomMade& f) { f.rows = f.columns = 65535; }), "65535 x 65535 pixels"));
    CHECK(contains(refused([](DicomMade& f) { f.rows = 3; }), "12 bytes of pixels"));
    CHECK(contains(refused([](DicomMade& f) { f.allocated = 32; }), "in 32"));
    CHECK(contains(refused([](DicomMade& f) { f.stored = 17; }), "17 bits"));
    CHECK(contains(refused([](DicomMade& f) { f.high = 15; }), "the highest at 15"));
    CHECK(contains(refused([](DicomMade& f) { f.syntax = "1.2.840.10008.1.2.4.100"; }), "1.2.840.10008.1.2.4.100"));
    CHECK(contains(refused([](DicomMade& f) { f.decimals = {{0x00281053, "0"}}; }), "slope is 0"));
    CHECK(contains(refused([](DicomMade& f) { f.decimals = {{0x00281052, "x1"}}; }), "\"x1\""));
    const std::string bytes = DicomMade().bytes();
    put(folder / "image.dcm", bytes.substr(0, bytes.size() - 24)); // all but the pixel data
    CHECK(contains(user_error_of([&] { decode_image(folder / "image.dcm"); }), "without pixels"));
    put(folder / "image.dcm", std::string(128, '\0') + "DICM");
    CHECK(contains(user_error_of([&] { decode_image(folder / "image.dcm"); }), "no transfer syntax"));
}

TEST_CASE("dicom: a file cut off anywhere is an error that names it, in every coding", "[unit]") {
    const TempFolder folder;
    const fs::path file = folder / "image.dcm";
    std::vector<std::string> files = {DicomMade().bytes()};
    for (const auto coding : {DicomCoding::uncompressed, DicomCoding::jpeg, DicomCoding::jpeg2000}) {
        if (!dicom_supported()) break;
        write_dicom(file, test_image(64, 48), "1.2.3", "p", coding);
        files.push_back(read_text(file));
    }
    for (const std::string& bytes : files)
        for (std::size_t length = 0; length < bytes.size();
             length += length + 60 < bytes.size() ? 1 + length / 40 : 1) {
            put(file, bytes.substr(0, length));
            CHECK(contains(user_error_of([&] { decode_image(file); }), "image.dcm"));
        }
}

TEST_CASE("dicom: prepare records how many images were read by which rule", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 6);
    DicomMade deep;
    put(index.images[1].file, deep.bytes());
    put(index.images[4].file, deep.bytes());
    deep.decimals = {{0x00281050, "100"}, {0x00281051, "50"}};
    put(index.images[5].file, deep.bytes());
    const auto rules = [&](Window window) {
        PrepareOptions options;
        options.size = 16, options.window = window;
        prepare(index, options, folder / "out");
        return PreparedDataset(folder / "out").provenance().at("prepared").at("conversion");
    };
    const json::value automatic = {{"image, 8 bits unchanged", 3}, {"DICOM, 0.5 to 99.5 percentile of 12 bits", 3}};
    CHECK(canonical(rules(Window::automatic)) == canonical(automatic));
    const json::value window = {{"image, 8 bits unchanged", 3},
                                {"DICOM, 0.5 to 99.5 percentile of 12 bits, no window in the file", 2},
                                {"DICOM, window of the file on 12 bits", 1}};
    CHECK(canonical(rules(Window::file)) == canonical(window));
}
