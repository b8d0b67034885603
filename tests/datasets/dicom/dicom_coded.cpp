// Code streams that differ from their header. The files in reference/dicom are made by make.py next to them, which
// reads them back with pydicom; here their values are compared with the same values uncoded.
#include "tests/support/dicom_made.h"

#include "datasets/dicom/dicom.h"

using namespace mlvicx;

namespace {

constexpr int columns = 40, rows = 32; ///< as in make.py

/// The formulas of make.py: more than 12 bits, at most 12 bits, at most 8.
int deep(int x, int y) {
    return 4 * x * x + 4 * y * y + 11 * x;
}
int flat(int x, int y) {
    return deep(x, y) / 3;
}
int grey(int x, int y) {
    return deep(x, y) / 64;
}

/// The same values uncoded, with this number of bits.
DicomMade uncoded(int (*formula)(int, int), int bits, int sign = 0, int shift = 0) {
    DicomMade image;
    image.columns = columns, image.rows = rows, image.stored = bits, image.high = bits - 1, image.sign = sign;
    image.values.clear();
    for (int y = 0; y < rows; ++y)
        for (int x = 0; x < columns; ++x) image.values.push_back(formula(x, y) + shift);
    return image;
}

fs::path file(const std::string& name) {
    return fs::path(MLVICX_TEST_DATA) / "dicom" / (name + ".dcm");
}

std::vector<int> decoded(const std::string& name, Window window = Window::automatic, std::string* rule = nullptr) {
    const cv::Mat image = decode_image(file(name), window, rule);
    return {image.begin<std::uint8_t>(), image.end<std::uint8_t>()};
}

std::string refused(const std::string& name) {
    return user_error_of([&] { decode_image(file(name)); });
}

} // namespace

TEST_CASE("dicom: values beyond Bits Stored are taken from the code stream, and counted", "[reference]") {
    if (!dicom_supported()) SKIP_TEST("built without GDCM");
    const TempFolder folder;
    std::string rule;
    for (const Window window : {Window::automatic, Window::full})
        CHECK(decoded("j2k_14_of_12", window, &rule) == uncoded(deep, 14).decoded(folder, window));
    CHECK(rule == "DICOM, full range of 14 bits, coded with a different number of bits than the header says");
    // Coded in 16 bits, as many writers do: Bits Stored applies if all values fit.
    CHECK(decoded("j2k_16_within_12", Window::full, &rule) == uncoded(flat, 12).decoded(folder, Window::full));
    CHECK(rule == "DICOM, full range of 12 bits");
}

TEST_CASE("dicom: a code stream's sign and the header's must agree where it matters", "[reference]") {
    if (!dicom_supported()) SKIP_TEST("built without GDCM");
    const TempFolder folder;
    CHECK(decoded("j2k_signed") == uncoded(deep, 16, 1, -3000).decoded(folder));
    CHECK(decoded("j2k_signed_none_below_0") == uncoded(flat, 16).decoded(folder));
    const std::string message = refused("j2k_signed_of_unsigned");
    CHECK(contains(message, "holds signed values"));
    CHECK(contains(message, "Pixel Representation 0"));
    // Two's complement coded as unsigned: the header's sign applies, as in pydicom.
    CHECK(decoded("j2k_unsigned_of_signed") == uncoded(flat, 12, 1, -1500).decoded(folder));
}

TEST_CASE("dicom: 8 bits stored in 16 may be coded in 8 bits; 12 bits may not", "[reference]") {
    const TempFolder folder;
    const auto expected = uncoded(grey, 8).decoded(folder);
    for (const auto* name : {"j2k_8_of_16", "jpeg_ls_8_of_16"}) {
        if (!dicom_supported()) continue;
        std::string rule;
        CHECK(decoded(name, Window::automatic, &rule) == expected);
        CHECK(rule == "DICOM, full range of 8 bits");
    }
    for (const auto* name : {"jpeg_8_of_16", "jpeg_progressive"}) { // lossy
        const auto lossy = decoded(name);
        REQUIRE(lossy.size() == expected.size());
        for (std::size_t i = 0; i < lossy.size(); ++i) CHECK(std::abs(lossy[i] - expected[i]) <= 4);
    }
    CHECK(contains(refused("j2k_8_of_12"), "has 8 bits per pixel, but its header says 12 bits stored in 16"));
}

TEST_CASE("dicom: an embedded JP2 file is read as its code stream; truncated anywhere, it is an error", "[reference]") {
    if (!dicom_supported()) SKIP_TEST("built without GDCM");
    const TempFolder folder;
    const auto expected = uncoded(flat, 12).decoded(folder);
    CHECK(decoded("jp2_file") == expected);
    CHECK(decoded("j2k_part_2") == expected);        // a stream of part 1 under part 2's label
    for (const char capability : {'\x40', '\x80'}) { // high throughput; extensions
        std::string other = read_text(file("j2k_part_2"));
        other[other.find("\xff\x4f\xff\x51") + 6] = capability;
        CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, other); }), "beyond part 1"));
    }
    const std::string bytes = read_text(file("jp2_file"));
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, bytes.substr(0, length)); }), "image.dcm"));
    std::string boxes = bytes; // the stream's box under another name
    boxes.replace(boxes.find("jp2c"), 4, "free");
    CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, boxes); }), "JP2 file without a code stream"));
    boxes = bytes;
    boxes.replace(boxes.find("colr"), 4, "pclr");
    CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, boxes); }), "palette"));
}

TEST_CASE("dicom: pixels coded differently than the header says are refused with both names", "[reference]") {
    const std::string message = refused("jpeg_labelled_j2k");
    CHECK(contains(message, "coded as JPEG,"));
    CHECK(contains(message, "1.2.840.10008.1.2.4.90 (JPEG 2000 (Lossless Only))"));
}
