// The layout of DICOM files: encodings, headers, what comes after the pixels, and what is refused under its proper
// name.
#include "tests/support/dicom_made.h"

#include <tuple>

using namespace mlvicx;

namespace {

struct Lies {
    const char* syntax;
    const char* name;
    bool with_vr, big_endian;
};

constexpr Lies implicit_little{"1.2.840.10008.1.2", "Implicit VR Little Endian", false, false};
constexpr Lies explicit_little{"1.2.840.10008.1.2.1", "Explicit VR Little Endian", true, false};
constexpr Lies explicit_big{"1.2.840.10008.1.2.2", "Explicit VR Big Endian", true, true};
constexpr Lies deflated{"1.2.840.10008.1.2.1.99", "Deflated", true, false};

DicomMade made(const Lies& lies) {
    DicomMade image;
    image.syntax = lies.syntax, image.with_vr = lies.with_vr, image.big_endian = lies.big_endian;
    return image;
}

/// 3 x 3 pixels of 8 bits.
DicomMade odd(const Lies& lies) {
    DicomMade image = made(lies);
    image.rows = image.columns = 3, image.allocated = image.stored = 8, image.high = 7;
    image.values = {1, 20, 30, 40, 50, 60, 70, 80, 255};
    return image;
}

/// The file up to its pixel data, followed by something else.
std::string with_pixel_data(const DicomMade& image, const std::string& element) {
    DicomMade bare = image;
    bare.without = {0x7fe00010};
    return bare.bytes() + element;
}

} // namespace

TEST_CASE("dicom: bytes after the pixels are ignored and counted, missing ones and a second image are errors",
          "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.rows = 20, image.columns = 30, image.values.assign(600, 0);
    for (int i = 0; i < 600; ++i) image.values[static_cast<std::size_t>(i)] = 3 * i;
    const auto expected = image.decoded(folder);
    std::string pixels;
    for (const int value : image.values) pixels += image.us(value);
    for (const std::size_t more : {2, 512, 1199}) {
        image.pixels = pixels + std::string(more, '\x11');
        std::string rule;
        CHECK(image.decoded(folder, Window::automatic, &rule) == expected);
        CHECK(rule == "DICOM, 0.5 to 99.5 percentile of 12 bits, bytes after the pixels ignored");
    }
    image.pixels = pixels + pixels;
    CHECK(contains(image.refused(folder), "has 2400 bytes of pixels"));
    image.pixels = pixels.substr(0, pixels.size() - 2);
    CHECK(contains(image.refused(folder), "1198 bytes of pixels, 30 x 20 of 2 bytes take 1200"));
}

TEST_CASE("dicom: an odd number of pixels may lack the padding byte", "[unit]") {
    const TempFolder folder;
    for (const Lies& lies : {implicit_little, explicit_little}) {
        DicomMade image = odd(lies);
        const std::string bytes = image.bytes();
        CHECK(image.decoded(folder) == image.values); // odd length
        image.pixels = std::string("\x01\x14\x1e\x28\x32\x3c\x46\x50\xff\x00", 10);
        std::string rule;
        CHECK(image.decoded(folder, Window::automatic, &rule) == image.values);
        CHECK(rule == "DICOM, full range of 8 bits");
        const std::string even = image.bytes();
        CHECK(DicomMade::decoded(folder, even.substr(0, even.size() - 1)) == image.values); // even length
        CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, even.substr(0, even.size() - 2)); }),
                       "8 bytes of pixels"));
        CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, bytes.substr(0, bytes.size() - 1)); }),
                       "8 bytes of pixels"));
    }
    DicomMade swapped = odd(explicit_big); // 8 bits in words: the last pixel is the last word's second byte
    CHECK(contains(swapped.refused(folder), "9 bytes of pixels, 3 x 3 of 1 bytes take 10"));
    swapped.pixels = std::string("\x14\x01\x28\x1e\x3c\x32\x50\x46\x00\xff", 10);
    CHECK(swapped.decoded(folder) == swapped.values);
}

TEST_CASE("dicom: what follows the pixels does not matter", "[unit]") {
    const TempFolder folder;
    for (const Lies& lies : {implicit_little, explicit_little, explicit_big}) {
        const DicomMade image = made(lies);
        const auto expected = image.decoded(folder);
        const std::string padding = DicomMade::element(0xfffcfffc, "OB", "padding.", lies.with_vr, lies.big_endian);
        for (const std::string& tail :
             {std::string("\n"), std::string("\r\n"), std::string("    "), std::string("<!-- end -->"),
              std::string(512, '\0'), padding, padding.substr(0, padding.size() - 3), std::string(70, '\xff')})
            CHECK(DicomMade::decoded(folder, image.bytes() + tail) == expected);
    }
}

TEST_CASE("dicom: data in a transfer syntax other than the header's are refused with both names", "[unit]") {
    const TempFolder folder;
    for (const Lies& lies : {implicit_little, explicit_little, explicit_big})
        for (const Lies& label : {implicit_little, explicit_little, explicit_big, deflated}) {
            if (lies.syntax == label.syntax) continue;
            DicomMade image = made(lies);
            image.syntax = label.syntax;
            const std::string message = image.refused(folder);
            INFO(message);
            CHECK(contains(message, "not in the transfer syntax that its header names"));
            CHECK(contains(message, std::string("they are in ") + lies.name));
            CHECK(contains(message, label.syntax));
        }
}

TEST_CASE("dicom: a file without a header, or with half of one, is read by the encoding of its data", "[unit]") {
    const TempFolder folder;
    for (const Lies& lies : {implicit_little, explicit_little, explicit_big}) {
        INFO(lies.name);
        DicomMade image = made(lies);
        const auto expected = image.decoded(folder);
        CHECK(DicomMade::decoded(folder, image.data()) == expected); // nothing before the data
        image.syntax = "";                                           // names no transfer syntax
        CHECK(image.decoded(folder) == expected);
        image.with_header = false; // only preamble and marker
        CHECK(image.decoded(folder) == expected);
        image = made(lies);
        image.header_with_vr = false; // the header without value representations
        CHECK(image.decoded(folder) == expected);
    }
    CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, std::string(128, '\0') + "DICM"); }),
                   "names no transfer syntax"));
    CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, std::string(128, '\0') + "DICM, and more"); }),
                   "names no transfer syntax"));
}

TEST_CASE("dicom: each of these forms is an error when truncated anywhere", "[unit]") {
    const TempFolder folder;
    for (const Lies& lies : {implicit_little, explicit_little, explicit_big})
        for (const bool with_header : {true, false}) {
            DicomMade image = made(lies);
            image.with_header = with_header;
            image.others[0x00283010] = {"SQ", ""};
            const std::string bytes = image.bytes();
            for (std::size_t length = 0; length < bytes.size(); ++length)
                CHECK(
                    contains(user_error_of([&] { DicomMade::decoded(folder, bytes.substr(0, length), Window::file); }),
                             "image.dcm"));
        }
}

TEST_CASE("dicom: an unsupported transfer syntax is named", "[unit]") {
    const TempFolder folder;
    // Names: PS3.6, table A-1.
    for (const auto& [uid, name] : {std::pair{"1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)"},
                                    {"1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"},
                                    {"1.2.840.10008.1.2.4.110", "JPEG XL Lossless"},
                                    {"1.2.840.10008.1.2.4.52", "Processes 3 and 5"},
                                    {"1.2.840.10008.1.2.4.66", "Process 29"},
                                    {"1.2.840.10008.1.2.4.94", "JPIP"},
                                    {"1.2.840.10008.1.2.4.102", "H.264"},
                                    {"1.2.840.10008.1.2.9.9", "unknown"},
                                    {"1.2.840.113619.5.2", "private to a manufacturer"},
                                    {"1.3.46.670589.33.1.4.1", "private to a manufacturer"}})
        for (const bool with_vr : {true, false}) {
            DicomMade image;
            image.syntax = uid, image.with_vr = with_vr;
            const std::string message = image.refused(folder);
            CHECK(contains(message, uid));
            CHECK(contains(message, name));
            CHECK(contains(message, "is not supported"));
        }
}

TEST_CASE("dicom: the photometric interpretation may be in lower case, and must be there", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    const auto plain = image.decoded(folder);
    image.photometric = "monochrome2";
    CHECK(image.decoded(folder) == plain);
    image.photometric = "Monochrome1";
    std::string rule;
    image.decoded(folder, Window::automatic, &rule);
    CHECK(contains(rule, "MONOCHROME1 inverted"));
    image.photometric = "";
    CHECK(contains(image.refused(folder), "has no photometric interpretation"));
    image.without = {0x00280004};
    CHECK(contains(image.refused(folder), "has no photometric interpretation"));
    image.without.clear(), image.photometric = "GREY";
    CHECK(contains(image.refused(folder), "\"GREY\", expected MONOCHROME1 or MONOCHROME2"));
}

TEST_CASE("dicom: float pixels, and coded pixels under an uncoded syntax, are named", "[unit]") {
    const TempFolder folder;
    DicomMade image;
    image.allocated = 32;
    image.others[0x7fe00008] = {"OF", std::string(24, '\0')}, image.without = {0x7fe00010};
    CHECK(contains(image.refused(folder), "float pixels (7fe0,0008)"));
    image.others[0x7fe00009] = image.others[0x7fe00008], image.others.erase(0x7fe00008);
    CHECK(contains(image.refused(folder), "float pixels (7fe0,0009)"));

    const std::string item("\xfe\xff\x00\xe0\0\0\0\0", 8), end("\xfe\xff\xdd\xe0\0\0\0\0", 8);
    const std::string head = std::string("\xe0\x7f\x10\0OB\0\0", 8) + DicomMade::number(0xffffffff, 4);
    const std::string coded = with_pixel_data(DicomMade(), head + item + item + end);
    CHECK(contains(user_error_of([&] { DicomMade::decoded(folder, coded); }),
                   "header names Explicit VR Little Endian, which does not code them"));
}
