#include "datasets/image_file.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t largest_side = 20000;      ///< pixels
constexpr std::uint64_t largest_area = 1ull << 28; ///< pixels; a decoder's memory follows from it

std::uint32_t big_endian(Bytes bytes, std::size_t at, int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
    return value;
}

bool begins(Bytes bytes, std::size_t at, std::string_view text) {
    return bytes.size() >= at + text.size() &&
           std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// CRC-32 of PNG (ISO 3309), four bytes a step: a film has about half a megabyte.
std::uint32_t crc32(Bytes bytes) {
    using Table = std::array<std::uint32_t, 256>;
    static constexpr auto tables = [] {
        std::array<Table, 4> t{};
        for (std::uint32_t n = 0; n < 256; ++n) {
            std::uint32_t c = n;
            for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
            t[0][n] = c;
        }
        for (std::size_t k = 1; k < 4; ++k)
            for (std::size_t n = 0; n < 256; ++n) t[k][n] = t[0][t[k - 1][n] & 0xff] ^ (t[k - 1][n] >> 8);
        return t;
    }();
    std::uint32_t crc = 0xffffffffu;
    std::size_t i = 0;
    for (; i + 4 <= bytes.size(); i += 4) {
        crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | static_cast<std::uint32_t>(bytes[i + 3]) << 24;
        crc = tables[3][crc & 0xff] ^ tables[2][crc >> 8 & 0xff] ^ tables[1][crc >> 16 & 0xff] ^ tables[0][crc >> 24];
    }
    for (; i < bytes.size(); ++i) crc = tables[0][(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
    return ~crc;
}

ImageHead check_png(Bytes bytes, const std::string& name) {
    constexpr std::size_t signature = 8, frame = 12; // frame: length, type and CRC of a chunk
    ImageHead head;
    bool pixels = false;
    for (std::size_t at = signature; bytes.size() - at >= frame;) {
        const std::size_t length = big_endian(bytes, at, 4);
        if (length > bytes.size() - at - frame) break;
        const Bytes content = bytes.subspan(at + 4, 4 + length); // type and data
        if (crc32(content) != big_endian(bytes, at + 8 + length, 4))
            user_error("{}: damaged PNG: the checksum of the part at byte {} does not match", name, at);
        if (at == signature) {
            if (!begins(content, 0, "IHDR") || length != 13)
                user_error("{}: damaged PNG: does not begin with an image header", name);
            head = {big_endian(content, 4, 4), big_endian(content, 8, 4)};
        }
        pixels |= begins(content, 0, "IDAT");
        if (begins(content, 0, "IEND")) {
            if (!pixels) user_error("{}: damaged PNG: holds no pixels", name);
            return head;
        }
        at += frame + length;
    }
    user_error("{}: truncated PNG: its {} bytes end before the image does", name, bytes.size());
}

bool is_frame_header(std::uint8_t marker) { // SOF0 .. SOF15 without DHT, JPG, DAC
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

ImageHead check_jpeg(Bytes bytes, const std::string& name) {
    constexpr std::uint8_t scan = 0xda, end_of_image = 0xd9;
    ImageHead head;
    bool pixels = false;
    for (std::size_t at = 2; at + 1 < bytes.size();) {
        if (bytes[at] != 0xff) user_error("{}: damaged JPEG: expected a marker at byte {}", name, at);
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xff) { // a fill byte
            ++at;
            continue;
        }
        at += 2;
        if (marker == end_of_image) {
            if (!pixels || head.width == 0) user_error("{}: damaged JPEG: holds no pixels", name);
            return head;
        }
        if (at + 2 > bytes.size()) break;
        const std::size_t length = big_endian(bytes, at, 2);
        if (length < 2) user_error("{}: damaged JPEG: a part of no length at byte {}", name, at);
        if (length > bytes.size() - at) break;
        if (is_frame_header(marker) && length >= 7) head = {big_endian(bytes, at + 5, 2), big_endian(bytes, at + 3, 2)};
        at += length;
        if (marker != scan) continue;
        pixels = true;
        // Coded pixels go up to the next marker; FF 00 is a pixel byte, FF D0 .. FF D7 are restart marks among pixels.
        while (at + 1 < bytes.size() &&
               (bytes[at] != 0xff || bytes[at + 1] == 0 || (bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7)))
            ++at;
    }
    user_error("{}: truncated JPEG: its {} bytes end before the image does", name, bytes.size());
}

} // namespace

ImageHead check_image(Bytes bytes, const std::string& name) {
    if (bytes.empty()) user_error("{}: is empty, expected an image", name);
    ImageHead head;
    if (begins(bytes, 0, "\x89PNG\r\n\x1a\n"))
        head = check_png(bytes, name);
    else if (begins(bytes, 0, "\xff\xd8"))
        head = check_jpeg(bytes, name);
    else if (begins(bytes, 128, "DICM"))
        user_error("{}: DICOM is not read yet, expected PNG or JPEG", name);
    else
        user_error("{}: unknown image format, expected PNG or JPEG", name);
    if (head.width == 0 || head.height == 0 || head.width > largest_side || head.height > largest_side ||
        std::uint64_t{head.width} * head.height > largest_area)
        user_error("{}: {} x {} pixels, expected 1 to {} a side and {} in all at most", name, head.width, head.height,
                   largest_side, largest_area);
    return head;
}

} // namespace mlvicx
