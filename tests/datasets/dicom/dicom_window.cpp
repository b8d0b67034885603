// What a DICOM file says of how its values are shown: padding, windows and look-up tables.
#include "tests/support/dicom_made.h"

#include <cmath>

using namespace mlvicx;

namespace {

constexpr std::uint32_t padding_value = 0x00280120, range_limit = 0x00280121, center = 0x00281050, width = 0x00281051,
                        function = 0x00281056, tables = 0x00283010;

/// 1000 values from 100 on, and below them 400 of padding.
DicomMade padded(int pad, int stored = 16, int sign = 0) {
    DicomMade film;
    film.rows = 14, film.columns = 100, film.stored = stored, film.high = stored - 1, film.sign = sign;
    film.values.clear();
    for (int i = 0; i < 1400; ++i) film.values.push_back(i < 1000 ? 100 + i : pad & 0xffff);
    film.others[padding_value] = {sign == 0 ? "US" : "SS", film.us(pad)};
    return film;
}

/// The same without the padding.
DicomMade without_padding(const DicomMade& film) {
    DicomMade other = film;
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

/// A sequence of one item, with its length or with delimiters.
std::string sequence_of(const std::string& item, bool delimited, bool big_endian = false) {
    const auto number = [&](std::uint32_t value, int bytes) { return DicomMade::number(value, bytes, big_endian); };
    const auto delimiter = [&](int element, std::uint32_t length) {
        return number(0xfffe, 2) + number(static_cast<std::uint32_t>(element), 2) + number(length, 4);
    };
    if (!delimited) return delimiter(0xe000, static_cast<std::uint32_t>(item.size())) + item;
    return delimiter(0xe000, 0xffffffff) + item + delimiter(0xe00d, 0);
}

/// A look-up table's item.
std::string table(const DicomMade& film, int entries, int begin, int bits, const std::string& data,
                  const std::string& vr = "US") {
    return DicomMade::element(0x00283002, vr, film.us(entries) + film.us(begin) + film.us(bits), film.with_vr,
                              film.big_endian) +
           DicomMade::element(0x00283006, "OW", data, film.with_vr, film.big_endian);
}

std::string words(const DicomMade& film, const std::vector<int>& values) {
    std::string data;
    for (const int value : values) data += film.us(value);
    return data;
}

/// Values around a table of five entries that begins at 100.
DicomMade with_table() {
    DicomMade film;
    film.rows = 1, film.columns = 7, film.values = {0, 100, 101, 102, 103, 104, 500};
    film.others[tables] = {"SQ", sequence_of(table(film, 5, 100, 12, words(film, {0, 400, 1000, 3000, 4095})), false)};
    return film;
}

/// pydicom 3.0.2's apply_voi_lut of it gives 0 0 400 1000 3000 4095 4095, of 4095; times 255, rounded.
const std::vector<int> by_table = {0, 0, 25, 62, 187, 255, 255};

} // namespace

TEST_CASE("dicom: pixel padding counts for no percentile and is black", "[unit]") {
    const TempFolder folder;
    struct Kind {
        int pad, stored, sign;
    };
    // 63536 is -2000 in 16 bits; it and 65535 also lie outside of 12 bits stored in 16.
    for (const Kind kind : {Kind{65535, 16, 0}, Kind{63536, 16, 0}, Kind{0, 16, 0}, Kind{4095, 12, 0}, Kind{0, 12, 0},
                            Kind{500, 12, 0}, Kind{65535, 12, 0}, Kind{63536, 12, 0}, Kind{-2000, 16, 1},
                            Kind{-32768, 16, 1}, Kind{-2000, 12, 1}, Kind{-32768, 12, 1}})
        for (const auto* photometric : {"MONOCHROME1", "MONOCHROME2"}) {
            INFO(kind.pad << " of " << kind.stored << ", sign " << kind.sign << ", " << photometric);
            DicomMade film = padded(kind.pad, kind.stored, kind.sign);
            film.photometric = photometric;
            std::string rule, plain;
            const auto grey = film.decoded(folder, Window::automatic, &rule);
            auto expected = without_padding(film).decoded(folder, Window::automatic, &plain);
            if (kind.pad == 500) expected = first(grey, 1000); // also a value of the image: see below
            CHECK(first(grey, 1000) == expected);
            CHECK(last(grey, 400) == std::vector<int>(400, 0));
            CHECK(contains(rule, ", padding black"));
            for (const Window window : {Window::full, Window::file})
                CHECK(last(film.decoded(folder, window), 400) == std::vector<int>(400, 0));
        }
    CHECK(padded(500, 12).decoded(folder)[400] == 0); // the value is padding wherever it is
    std::string rule;
    without_padding(padded(65535)).decoded(folder, Window::automatic, &rule);
    CHECK_FALSE(contains(rule, "padding")); // named, but none is there
}

TEST_CASE("dicom: a padding range is padding from end to end, in either order", "[unit]") {
    const TempFolder folder;
    for (const bool turned : {false, true}) {
        DicomMade film = padded(65000);
        for (std::size_t i = 1000; i < 1400; ++i) film.values[i] = 64600 + static_cast<int>(i - 1000);
        film.others[padding_value] = {"US", film.us(turned ? 64999 : 64600)};
        film.others[range_limit] = {"US", film.us(turned ? 64600 : 64999)};
        const auto grey = film.decoded(folder);
        CHECK(first(grey, 1000) == without_padding(film).decoded(folder));
        CHECK(last(grey, 400) == std::vector<int>(400, 0));
        film.values[1399] = 65001; // outside: part of the image again
        CHECK(film.decoded(folder).back() == 255);
    }
}

TEST_CASE("dicom: an empty padding value is none, one of a wrong length is damage", "[unit]") {
    const TempFolder folder;
    DicomMade film = padded(65535), plain = film;
    film.others[padding_value] = {"US", ""};
    plain.others.clear();
    CHECK(film.decoded(folder) == plain.decoded(folder));
    film.others[padding_value] = {"US", "abcd"};
    CHECK(contains(film.refused(folder), "(0028,0120) has 4 bytes"));
}

TEST_CASE("dicom: a VOI LUT is the file's window, as pydicom applies it", "[unit]") {
    const TempFolder folder;
    DicomMade film = with_table();
    std::string rule;
    CHECK(film.decoded(folder, Window::file, &rule) == by_table);
    CHECK(rule == "DICOM, VOI LUT of the file on 12 bits");
    CHECK(film.decoded(folder) != by_table); // only where it is asked for
    film.photometric = "MONOCHROME1";
    auto inverted = by_table;
    for (int& value : inverted) value = 255 - value;
    CHECK(film.decoded(folder, Window::file) == inverted);

    film = with_table(); // in front of a window, as pydicom's prefer_lut has it
    film.decimals = {{center, "100"}, {width, "50"}};
    CHECK(film.decoded(folder, Window::file) == by_table);
    film.others[tables] = {"SQ", ""};
    film.decoded(folder, Window::file, &rule);
    CHECK(rule == "DICOM, window of the file on 12 bits");
    film.decimals.clear();
    film.decoded(folder, Window::file, &rule);
    CHECK(contains(rule, "no window in the file"));
}

TEST_CASE("dicom: a VOI LUT is found in every encoding, with a sign and in 8 bits", "[unit]") {
    const TempFolder folder;
    DicomMade film = with_table();
    for (const auto& [syntax, with_vr, big_endian] : {std::tuple{"1.2.840.10008.1.2", false, false},
                                                      {"1.2.840.10008.1.2.1", true, false},
                                                      {"1.2.840.10008.1.2.2", true, true}})
        for (const bool delimited : {false, true}) {
            film.syntax = syntax, film.with_vr = with_vr, film.big_endian = big_endian;
            const std::string item = table(film, 5, 100, 12, words(film, {0, 400, 1000, 3000, 4095}));
            film.others[tables] = {"SQ", sequence_of(item, delimited, big_endian)};
            CHECK(film.decoded(folder, Window::file) == by_table);
        }
    // A sequence of undefined length, up to its delimiter.
    film = with_table();
    std::string bytes = film.bytes();
    const std::string content = film.others[tables].second, tag("\x28\0\x10\x30SQ\0\0", 8);
    const std::string open =
        tag + DicomMade::number(0xffffffff, 4) + content + std::string("\xfe\xff\xdd\xe0\0\0\0\0", 8);
    const auto at = bytes.find(tag);
    REQUIRE(at != std::string::npos);
    bytes.replace(at, tag.size() + 4 + content.size(), open);
    CHECK(DicomMade::decoded(folder, bytes, Window::file) == by_table);

    // pydicom's apply_voi_lut again: -1200, -1000 .. -996 and 500 by a table that begins at -1000.
    for (const bool with_vr : {true, false}) {
        film = with_table();
        film.sign = 1, film.values = {-1200, -1000, -999, -998, -997, -996, 500};
        film.with_vr = with_vr;
        if (!with_vr) film.syntax = "1.2.840.10008.1.2";
        const std::string item = table(film, 5, -1000, 12, words(film, {0, 400, 1000, 3000, 4095}), "SS");
        film.others[tables] = {"SQ", sequence_of(item, false)};
        CHECK(film.decoded(folder, Window::file) == by_table);
    }
    // 8 bits an entry: each in a byte, or in a word.
    film = with_table();
    for (const std::string& data : {std::string("\x0a\x3c\xc8\xff"), words(film, {10, 60, 200, 255})}) {
        film.others[tables] = {"SQ", sequence_of(table(film, 4, 101, 8, data), false)};
        CHECK(film.decoded(folder, Window::file) == std::vector<int>{10, 10, 10, 60, 200, 255, 255});
    }
}

TEST_CASE("dicom: a damaged VOI LUT is refused, wherever it is cut", "[unit]") {
    const TempFolder folder;
    DicomMade film = with_table();
    const auto refused = [&](const std::string& item) {
        film.others[tables] = {"SQ", sequence_of(item, false)};
        return film.refused(folder, Window::file);
    };
    CHECK(contains(refused(table(film, 6, 100, 12, words(film, {1, 2, 3, 4, 5}))), "has 5 entries"));
    CHECK(contains(refused(table(film, 0, 100, 12, words(film, {1, 2, 3, 4, 5}))), "says 65536"));
    CHECK(contains(refused(table(film, 5, 100, 20, words(film, {1, 2, 3, 4, 5}))), "descriptor"));
    CHECK(contains(refused(DicomMade::element(0x00283006, "OW", "ab")), "descriptor"));
    const std::string item = table(film, 5, 100, 12, words(film, {0, 400, 1000, 3000, 4095}));
    for (std::size_t length = 1; length < item.size(); ++length)
        CHECK(contains(refused(item.substr(0, length)), "film.dcm"));
    film.others[tables] = {"SQ", sequence_of(item, true).substr(0, 20)}; // never closed
    CHECK(contains(film.refused(folder, Window::file), "film.dcm"));
}

TEST_CASE("dicom: the function of a window may be written small, and an unknown one is refused", "[unit]") {
    const TempFolder folder;
    DicomMade film;
    film.rows = 1, film.columns = 4, film.values = {0, 1000, 2000, 4095};
    film.decimals = {{center, "1800"}, {width, "2600"}};
    // PS3.3, C.11.2.1.3: 1 / (1 + exp(-4 (x - c) / w)), and (x - c) / w + 0.5.
    std::vector<int> sigmoid, exact;
    for (const int x : film.values) {
        sigmoid.push_back(static_cast<int>(std::lround(255 / (1 + std::exp(-4 * (x - 1800) / 2600.0)))));
        exact.push_back(static_cast<int>(std::lround(255 * std::clamp((x - 1800) / 2600.0 + 0.5, 0.0, 1.0))));
    }
    for (const auto* name : {"SIGMOID", "sigmoid", "Sigmoid "}) {
        film.others[function] = {"CS", name};
        CHECK(film.decoded(folder, Window::file) == sigmoid);
    }
    film.others[function] = {"CS", "linear_exact"};
    CHECK(film.decoded(folder, Window::file) == exact);
    const auto linear = [&](const char* name) {
        film.others[function] = {"CS", name};
        return film.decoded(folder, Window::file);
    };
    CHECK(linear("LINEAR") == linear(""));
    CHECK(linear("linear") == linear(""));
    film.others[function] = {"CS", "CUBIC"};
    CHECK(contains(film.refused(folder, Window::file), "\"CUBIC\", expected LINEAR, LINEAR_EXACT or SIGMOID"));
    CHECK(film.decoded(folder).size() == 4); // its window is not asked for
}

TEST_CASE("dicom: LINEAR takes a width of 1 at least, the exact functions any above 0", "[unit]") {
    const TempFolder folder;
    DicomMade film;
    film.rows = 1, film.columns = 4, film.values = {0, 1000, 2000, 4095};
    film.decimals = {{center, "0.18"}, {width, "0.26"}, {0x00281053, "0.0001"}};
    CHECK(contains(film.refused(folder, Window::file), "0.26 wide"));
    film.others[function] = {"CS", "SIGMOID"};
    std::vector<int> expected;
    for (const int x : film.values)
        expected.push_back(static_cast<int>(std::lround(255 / (1 + std::exp(-4 * (1e-4 * x - 0.18) / 0.26)))));
    CHECK(film.decoded(folder, Window::file) == expected);
    film.others[function] = {"CS", "LINEAR_EXACT"};
    expected.clear();
    for (const int x : film.values)
        expected.push_back(static_cast<int>(std::lround(255 * std::clamp((1e-4 * x - 0.18) / 0.26 + 0.5, 0.0, 1.0))));
    CHECK(film.decoded(folder, Window::file) == expected);
    for (const auto* none : {"0", "-5"}) {
        film.decimals[width] = none;
        CHECK(contains(film.refused(folder, Window::file), "expected more than 0"));
    }
}

TEST_CASE("dicom: a window that is empty or lacks its width is counted as none", "[unit]") {
    const TempFolder folder;
    DicomMade film;
    const auto expected = film.decoded(folder);
    using Decimals = std::map<std::uint32_t, std::string>;
    for (const Decimals& decimals : {Decimals{{center, ""}, {width, ""}}, Decimals{{center, "40"}},
                                     Decimals{{width, "80"}}, Decimals{{center, "40"}, {width, " "}}, Decimals{}}) {
        film.decimals = decimals;
        std::string rule;
        CHECK(film.decoded(folder, Window::file, &rule) == expected);
        CHECK(rule == "DICOM, 0.5 to 99.5 percentile of 12 bits, no window in the file");
    }
}
