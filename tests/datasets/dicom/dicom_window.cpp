// How a DICOM file says its values are shown: padding, windows and look-up tables.
#include "tests/support/dicom_made.h"

#include <cmath>

using namespace mlvicx;

namespace {

constexpr std::uint32_t padding_value = 0x00280120, range_limit = 0x00280121, center = 0x00281050, width = 0x00281051,
                        function = 0x00281056, tables = 0x00283010;

/// 1000 values from 100 on, followed by 400 padding values.
DicomMade padded(int pad, int stored = 16, int sign = 0) {
    DicomMade image;
    image.rows = 14, image.columns = 100, image.stored = stored, image.high = stored - 1, image.sign = sign;
    image.values.clear();
    for (int i = 0; i < 1400; ++i) image.values.push_back(i < 1000 ? 100 + i : pad & 0xffff);
    image.others[padding_value] = {sign == 0 ? "US" : "SS", image.us(pad)};
    return image;
}

/// The same without the padding.
DicomMade without_padding(const DicomMade& image) {
    DicomMade other = image;
    other.rows = 10, other.values.resize(1000);
    return other;
}

std::vector<int> first(std::vector<int> values, std::size_t count) {
    values.resize(count);
    return values;
}

std::vector<int> last(const std::vector<int>& values, std::size_t count) {
    return {values.end() - static_cast<std::ptrdiff_t>(count), values.end()};
}

/// A sequence of one item, with a length or with delimiters.
std::string sequence_of(const std::string& item, bool delimited, bool big_endian = false) {
    const auto number = [&](std::uint32_t value, int bytes) { return DicomMade::number(value, bytes, big_endian); };
    const auto delimiter = [&](int element, std::uint32_t length) {
        return number(0xfffe, 2) + number(static_cast<std::uint32_t>(element), 2) + number(length, 4);
    };
    if (!delimited) return delimiter(0xe000, static_cast<std::uint32_t>(item.size())) + item;
    return delimiter(0xe000, 0xffffffff) + item + delimiter(0xe00d, 0);
}

/// A look-up table's item.
std::string table(const DicomMade& image, int entries, int begin, int bits, const std::string& data,
                  const std::string& vr = "US") {
    return DicomMade::element(0x00283002, vr, image.us(entries) + image.us(begin) + image.us(bits), image.with_vr,
                              image.big_endian) +
           DicomMade::element(0x00283006, "OW", data, image.with_vr, image.big_endian);
}

std::string words(const DicomMade& image, const std::vector<int>& values) {
    std::string data;
    for (const int value : values) data += image.us(value);
    return data;
}

/// Values around a table of five entries that begins at 100.
DicomMade with_table() {
    DicomMade image;
    image.rows = 1, image.columns = 7, image.values = {0, 100, 101, 102, 103, 104, 500};
    image.others[tables] = {"SQ",
                            sequence_of(table(image, 5, 100, 12, words(image, {0, 400, 1000, 3000, 4095})), false)};
    return image;
}

/// pydicom 3.0.2's apply_voi_lut gives 0 0 400 1000 3000 4095 4095, of 4095; times 255, rounded.
const std::vector<int> by_table = {0, 0, 25, 62, 187, 255, 255};

} // namespace

TEST_CASE("dicom: pixel padding is excluded from percentiles and is black", "[unit]") {
    const TempFolder folder;
    struct Kind {
        int pad, stored, sign;
    };
    // 63536 is -2000 in 16 bits; it and 65535 are also outside 12 bits stored in 16.
    for (const Kind kind : {Kind{65535, 16, 0}, Kind{63536, 16, 0}, Kind{0, 16, 0}, Kind{4095, 12, 0}, Kind{0, 12, 0},
                            Kind{500, 12, 0}, Kind{65535, 12, 0}, Kind{63536, 12, 0}, Kind{-2000, 16, 1},
                            Kind{-32768, 16, 1}, Kind{-2000, 12, 1}, Kind{-32768, 12, 1}})
        for (const auto* photometric : {"MONOCHROME1", "MONOCHROME2"}) {
            INFO(kind.pad << " of " << kind.stored << ", sign " << kind.sign << ", " << photometric);
            DicomMade image = padded(kind.pad, kind.stored, kind.sign);
            image.photometric = photometric;
            std::string rule, plain;
            const auto grey = image.decoded(folder, Window::automatic, &rule);
            auto expected = without_padding(image).decoded(folder, Window::automatic, &plain);
            if (kind.pad == 500) expected = first(grey, 1000); // also occurs in the image: see below
            CHECK(first(grey, 1000) == expected);
            CHECK(last(grey, 400) == std::vector<int>(400, 0));
            CHECK(contains(rule, ", padding black"));
            for (const Window window : {Window::full, Window::file})
                CHECK(last(image.decoded(folder, window), 400) == std::vector<int>(400, 0));
        }
    CHECK(padded(500, 12).decoded(folder)[400] == 0); // the value is padding everywhere
    std::string rule;
    without_padding(padded(65535)).decoded(folder, Window::automatic, &rule);
    CHECK_FALSE(contains(rule, "padding")); // declared, but there is none
}

TEST_CASE("dicom: a padding range includes both ends, in either order", "[unit]") {
    const TempFolder folder;
    for (const bool turned : {false, true}) {
        DicomMade image = padded(65000);
        for (std::size_t i = 1000; i < 1400; ++i) image.values[i] = 64600 + static_cast<int>(i - 1000);
        image.others[padding_value] = {"US", image.us(turned ? 64999 : 64600)};
        image.others[range_limit] = {"US", image.us(turned ? 64600 : 64999)};
        const auto grey = image.decoded(folder);
        CHECK(first(grey, 1000) == without_padding(image).decoded(folder));
        CHECK(last(grey, 400) == std::vector<int>(400, 0));
        image.values[1399] = 65001; // outside the range: part of the image again
        CHECK(image.decoded(folder).back() == 255);
    }
}

TEST_CASE("dicom: an empty padding value means none, one of the wrong length is damage", "[unit]") {
    const TempFolder folder;
    DicomMade image = padded(65535), plain = image;
    image.others[padding_value] = {"US", ""};
    plain.others.clear();
    CHECK(image.decoded(folder) == plain.decoded(folder));
    image.others[padding_value] = {"US", "abcd"};
    CHECK(contains(image.refused(folder), "(0028,0120) has 4 bytes"));
}

TEST_CASE("dicom: a VOI LUT is the file's window, as pydicom applies it", "[unit]") {
    const TempFolder folder;
    DicomMade image = with_table();
    std::string rule;
    CHECK(image.decoded(folder, Window::file, &rule) == by_table);
    CHECK(rule == "DICOM, VOI LUT of the file on 12 bits");
    CHECK(image.decoded(folder) != by_table); // only on request
    image.photometric = "MONOCHROME1";
    auto inverted = by_table;
    for (int& value : inverted) value = 255 - value;
    CHECK(image.decoded(folder, Window::file) == inverted);

    image = with_table(); // takes precedence over a window, as with pydicom's prefer_lut
    image.decimals = {{center, "100"}, {width, "50"}};
    CHECK(image.decoded(folder, Window::file) == by_table);
    image.others[tables] = {"SQ", ""};
    image.decoded(folder, Window::file, &rule);
    CHECK(rule == "DICOM, window of the file on 12 bits");
    image.decimals.clear();
    image.decoded(folder, Window::file, &rule);
    CHECK(contains(rule, "no window in the file"));
}

TEST_CASE("dicom: a VOI LUT is found in every encoding, with signed values and in 8 bits", "[unit]") {
    const TempFolder folder;
    DicomMade image = with_table();
    for (const auto& [syntax, with_vr, big_endian] : {std::tuple{"1.2.840.10008.1.2", false, false},
                                                      {"1.2.840.10008.1.2.1", true, false},
                                                      {"1.2.840.10008.1.2.2", true, true}})
        for (const bool delimited : {false, true}) {
            image.syntax = syntax, image.with_vr = with_vr, image.big_endian = big_endian;
            const std::string item = table(image, 5, 100, 12, words(image, {0, 400, 1000, 3000, 4095}));
            image.others[tables] = {"SQ", sequence_of(item, delimited, big_endian)};
            CHECK(image.decoded(folder, Window::file) == by_table);
        }
    // A sequence of undefined length, up to its delimiter.
    image = with_table();
    std::string bytes = image.bytes();
    const std::string content = image.others[tables].second, tag("\x28\0\x10\x30SQ\0\0", 8);
    const std::string open =
        tag + DicomMade::number(0xffffffff, 4) + content + std::string("\xfe\xff\xdd\xe0\0\0\0\0", 8);
    const auto at = bytes.find(tag);
    REQUIRE(at != std::string::npos);
    bytes.replace(at, tag.size() + 4 + content.size(), open);
    CHECK(DicomMade::decoded(folder, bytes, Window::file) == by_table);

    // pydicom's apply_voi_lut again: -1200, -1000 .. -996 and 500 for a table that begins at -1000.
    for (const bool with_vr : {true, false}) {
        image = with_table();
        image.sign = 1, image.values = {-1200, -1000, -999, -998, -997, -996, 500};
        image.with_vr = with_vr;
        if (!with_vr) image.syntax = "1.2.840.10008.1.2";
        const std::string item = table(image, 5, -1000, 12, words(image, {0, 400, 1000, 3000, 4095}), "SS");
        image.others[tables] = {"SQ", sequence_of(item, false)};
        CHECK(image.decoded(folder, Window::file) == by_table);
    }
    // 8 bits per entry: each in a byte, or in a word.
    image = with_table();
    for (const std::string& data : {std::string("\x0a\x3c\xc8\xff"), words(image, {10, 60, 200, 255})}) {
        image.others[tables] = {"SQ", sequence_of(table(image, 4, 101, 8, data), false)};
        CHECK(image.decoded(folder, Window::file) == std::vector<int>{10, 10, 10, 60, 200, 255, 255});
    }
}

TEST_CASE("dicom: a damaged VOI LUT is refused, wherever it is truncated", "[unit]") {
    const TempFolder folder;
    DicomMade image = with_table();
    const auto refused = [&](const std::string& item) {
        image.others[tables] = {"SQ", sequence_of(item, false)};
        return image.refused(folder, Window::file);
    };
    CHECK(contains(refused(table(image, 6, 100, 12, words(image, {1, 2, 3, 4, 5}))), "has 5 entries"));
    CHECK(contains(refused(table(image, 0, 100, 12, words(image, {1, 2, 3, 4, 5}))), "says 65536"));
    CHECK(contains(refused(table(image, 5, 100, 20, words(image, {1, 2, 3, 4, 5}))), "descriptor"));
    CHECK(contains(refused(DicomMade::element(0x00283006, "OW", "ab")), "descriptor"));
    const std::string item = table(image, 5, 100, 12, words(image, {0, 400, 1000, 3000, 4095}));
    for (std::size_t length = 1; length < item.size(); ++length)
        CHECK(contains(refused(item.substr(0, length)), "image.dcm"));
    image.others[tables] = {"SQ", sequence_of(item, true).substr(0, 20)}; // never closed
    CHECK(contains(image.refused(folder, Window::file), "image.dcm"));
}

TEST_CASE("dicom: the function of a window may be in lower case, and an unknown one is refused", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.rows = 1, image.columns = 4, image.values = {0, 1000, 2000, 4095};
    image.decimals = {{center, "1800"}, {width, "2600"}};
    // PS3.3, C.11.2.1.3: 1 / (1 + exp(-4 (x - c) / w)), and (x - c) / w + 0.5.
    std::vector<int> sigmoid, exact;
    for (const int x : image.values) {
        sigmoid.push_back(static_cast<int>(std::lround(255 / (1 + std::exp(-4 * (x - 1800) / 2600.0)))));
        exact.push_back(static_cast<int>(std::lround(255 * std::clamp((x - 1800) / 2600.0 + 0.5, 0.0, 1.0))));
    }
    for (const auto* name : {"SIGMOID", "sigmoid", "Sigmoid "}) {
        image.others[function] = {"CS", name};
        CHECK(image.decoded(folder, Window::file) == sigmoid);
    }
    image.others[function] = {"CS", "linear_exact"};
    CHECK(image.decoded(folder, Window::file) == exact);
    const auto linear = [&](const char* name) {
        image.others[function] = {"CS", name};
        return image.decoded(folder, Window::file);
    };
    CHECK(linear("LINEAR") == linear(""));
    CHECK(linear("linear") == linear(""));
    image.others[function] = {"CS", "CUBIC"};
    CHECK(contains(image.refused(folder, Window::file), "\"CUBIC\", expected LINEAR, LINEAR_EXACT or SIGMOID"));
    CHECK(image.decoded(folder).size() == 4); // its window is not requested
}

TEST_CASE("dicom: LINEAR requires a width of at least 1, the exact functions any above 0", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.rows = 1, image.columns = 4, image.values = {0, 1000, 2000, 4095};
    image.decimals = {{center, "0.18"}, {width, "0.26"}, {0x00281053, "0.0001"}};
    CHECK(contains(image.refused(folder, Window::file), "0.26 wide"));
    image.others[function] = {"CS", "SIGMOID"};
    std::vector<int> expected;
    for (const int x : image.values)
        expected.push_back(static_cast<int>(std::lround(255 / (1 + std::exp(-4 * (1e-4 * x - 0.18) / 0.26)))));
    CHECK(image.decoded(folder, Window::file) == expected);
    image.others[function] = {"CS", "LINEAR_EXACT"};
    expected.clear();
    for (const int x : image.values)
        expected.push_back(static_cast<int>(std::lround(255 * std::clamp((1e-4 * x - 0.18) / 0.26 + 0.5, 0.0, 1.0))));
    CHECK(image.decoded(folder, Window::file) == expected);
    for (const auto* none : {"0", "-5"}) {
        image.decimals[width] = none;
        CHECK(contains(image.refused(folder, Window::file), "expected more than 0"));
    }
}

TEST_CASE("dicom: a window that is empty or lacks its width counts as none", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    const auto expected = image.decoded(folder);
    using Decimals = std::map<std::uint32_t, std::string>;
    for (const Decimals& decimals : {Decimals{{center, ""}, {width, ""}}, Decimals{{center, "40"}},
                                     Decimals{{width, "80"}}, Decimals{{center, "40"}, {width, " "}}, Decimals{}}) {
        image.decimals = decimals;
        std::string rule;
        CHECK(image.decoded(folder, Window::file, &rule) == expected);
        CHECK(rule == "DICOM, 0.5 to 99.5 percentile of 12 bits, no window in the file");
    }
}
