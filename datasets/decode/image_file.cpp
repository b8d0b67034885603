#include "datasets/decode/image_file.h"

#include "core/error.h"
#include "datasets/decode/bytes.h"
#include "datasets/decode/exif.h"
#include "datasets/decode/inflate.h"

#include <algorithm>
#include <string_view>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t largest_side = 20000;      ///< pixels
constexpr std::uint64_t largest_area = 1ull << 28; ///< pixels; limits a decoder's memory
constexpr std::uint8_t jpeg_ls_frame = 0xf7;

std::uint32_t big_endian(Bytes bytes, std::size_t at, std::size_t count) {
    return number_at(bytes, at, count, true);
}

/// Reads an image header (PNG, third edition, 11.2.1). `data`: of the chunk.
void read_png_header(Bytes data, ImageHead& head) {
    constexpr std::uint8_t palette_type = 3;
    constexpr std::uint32_t components[] = {1, 0, 3, 1, 2, 0, 4}; // of each colour type
    const std::uint8_t type = data[9];
    head.width = big_endian(data, 0, 4), head.height = big_endian(data, 4, 4);
    head.bits = data[8];
    head.components = type < std::size(components) ? components[type] : 0;
    head.palette = type == palette_type;
}

/// Significant bits of grey or of the deepest colour (11.3.2.4); those of alpha come last and do not matter.
std::uint32_t significant_bits(Bytes data, const ImageHead& head) {
    const std::size_t colours = head.components >= 3 ? 3 : 1;
    std::uint32_t most = 0;
    for (const std::uint8_t bits : data.first(std::min(colours, data.size())))
        most = std::max<std::uint32_t>(most, bits);
    return most <= head.bits ? most : 0;
}

ImageHead check_png(Bytes bytes, const std::string& name) {
    constexpr std::size_t signature = 8, frame = 12; // frame: length, type and CRC of a chunk
    ImageHead head;
    bool pixels = false;
    for (std::size_t at = signature; bytes.size() - at >= frame;) {
        const std::size_t length = big_endian(bytes, at, 4);
        if (length > bytes.size() - at - frame) break;
        const Bytes content = bytes.subspan(at + 4, 4 + length); // type and data
        if (crc32_of(content) != big_endian(bytes, at + 8 + length, 4))
            user_error("{}: damaged PNG: the checksum of the chunk at byte {} does not match", name, at);
        if (at == signature) {
            if (!has_text(content, 0, "IHDR") || length != 13)
                user_error("{}: damaged PNG: does not begin with an image header", name);
            read_png_header(content.subspan(4), head);
        }
        pixels |= has_text(content, 0, "IDAT");
        if (has_text(content, 0, "sBIT")) head.significant = significant_bits(content.subspan(4), head);
        if (has_text(content, 0, "eXIf")) head.orientation = exif_orientation(content.subspan(4));
        if (has_text(content, 0, "IEND")) {
            if (!pixels) user_error("{}: damaged PNG: has no pixels", name);
            return head;
        }
        at += frame + length;
    }
    user_error("{}: truncated PNG: its {} bytes end before the image does", name, bytes.size());
}

bool is_frame_header(std::uint8_t marker) { // SOF0 .. SOF15 without DHT, JPG, DAC; SOF55 of JPEG-LS
    return (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) ||
           marker == jpeg_ls_frame;
}

/// The position of this marker if it comes last, except for a padding byte; else the end of the bytes.
std::size_t ends_with(Bytes bytes, std::uint32_t marker) {
    for (std::size_t at = bytes.size() - 2; at + 3 >= bytes.size(); --at)
        if (big_endian(bytes, at, 2) == marker) return at;
    return bytes.size();
}

} // namespace

ImageHead check_jpeg(Bytes bytes, const std::string& name) {
    constexpr std::uint8_t scan = 0xda, end_of_image = 0xd9, application_1 = 0xe1;
    ImageHead head;
    bool pixels = false, exif = false;
    for (std::size_t at = 2; at + 1 < bytes.size();) {
        if (bytes[at] != 0xff) user_error("{}: damaged JPEG: expected a marker at byte {}", name, at);
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xff) { // a fill byte
            ++at;
            continue;
        }
        at += 2;
        if (marker == end_of_image) {
            if (!pixels || head.width == 0) user_error("{}: damaged JPEG: has no pixels", name);
            return head;
        }
        if (at + 2 > bytes.size()) break;
        const std::size_t length = big_endian(bytes, at, 2);
        if (length < 2) user_error("{}: damaged JPEG: an empty segment at byte {}", name, at);
        if (length > bytes.size() - at) break;
        if (is_frame_header(marker) && length >= 8) {
            head.width = big_endian(bytes, at + 5, 2), head.height = big_endian(bytes, at + 3, 2);
            head.bits = bytes[at + 2], head.components = bytes[at + 7], head.frame = marker;
        }
        if (marker == application_1 && !exif && has_text(bytes.first(at + length), at + 2, "Exif")) {
            head.orientation = exif_orientation(bytes.subspan(at + 2, length - 2));
            exif = true; // the first counts
        }
        at += length;
        if (marker != scan) continue;
        pixels = true;
        // Coded pixels extend to the next marker. FF 00 is a pixel byte, in JPEG-LS FF 00 .. FF 7F are; FF D0 .. FF D7
        // are restart marks among pixels.
        const std::uint8_t last_escape = head.frame == jpeg_ls_frame ? 0x7f : 0;
        while (at + 1 < bytes.size() &&
               (bytes[at] != 0xff || bytes[at + 1] <= last_escape || (bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7)))
            ++at;
    }
    user_error("{}: truncated JPEG: its {} bytes end before the image does", name, bytes.size());
}

Bytes jpeg2000_stream(Bytes bytes, const std::string& name) {
    constexpr std::string_view palette = "pclr", signature("\0\0\0\x0cjP  \r\n\x87\n", 12);
    if (!has_text(bytes, 0, signature)) return bytes;
    for (std::size_t at = 0; bytes.size() - at >= 8;) {
        std::uint64_t head = 8, length = big_endian(bytes, at, 4);
        if (length == 1 && bytes.size() - at >= 16) // a long one
            head = 16, length = std::uint64_t{big_endian(bytes, at + 8, 4)} << 32 | big_endian(bytes, at + 12, 4);
        if (length == 0) length = bytes.size() - at; // up to the end
        if (length < head || length > bytes.size() - at) break;
        const Bytes content = bytes.subspan(at + head, length - head);
        if (has_text(bytes, at + 4, "jp2c")) return content;
        if (has_text(bytes, at + 4, "jp2h") &&
            std::search(content.begin(), content.end(), palette.begin(), palette.end()) != content.end())
            user_error("{}: JPEG 2000 with a colour palette is not supported", name);
        at += length;
    }
    user_error("{}: truncated or damaged JPEG 2000: a JP2 file without a code stream", name);
}

ImageHead check_jpeg2000(Bytes bytes, const std::string& name) {
    constexpr std::uint32_t start = 0xff4f, size = 0xff51, tile = 0xff90, end = 0xffd9;
    constexpr std::size_t shortest = 4 + 2 + 38 + 3; // start, size marker, its fields, one component
    if (bytes.size() < shortest || big_endian(bytes, 0, 2) != start || big_endian(bytes, 2, 2) != size)
        user_error("{}: damaged JPEG 2000: does not begin with an image size", name);
    const auto field = [&](std::size_t at) { return big_endian(bytes, at, 4); };
    constexpr std::uint32_t extended = 0xc000; // capabilities (Rsiz): of part 2, and high throughput (part 15)
    if ((big_endian(bytes, 6, 2) & extended) != 0)
        user_error("{}: JPEG 2000 beyond part 1 (extensions, high throughput) is not supported", name);
    ImageHead head;
    head.components = big_endian(bytes, 40, 2);
    head.bits = (bytes[42] & 0x7fu) + 1;
    head.sign = (bytes[42] & 0x80u) != 0;
    const bool whole_samples = bytes[43] == 1 && bytes[44] == 1;
    // Images that do not begin at the origin of the grid are parts of mosaics.
    if (field(16) != 0 || field(20) != 0 || field(32) != 0 || field(36) != 0 || !whole_samples)
        user_error("{}: damaged JPEG 2000: expected one image that begins at 0, 0", name);
    head.width = field(8), head.height = field(12);
    check_size(head, name);
    const std::uint64_t tile_width = field(24), tile_height = field(28);
    constexpr std::uint64_t most_tiles = 65535;
    if (tile_width == 0 || tile_height == 0 ||
        ((head.width - 1) / tile_width + 1) * ((head.height - 1) / tile_height + 1) > most_tiles)
        user_error("{}: damaged JPEG 2000: tiles of {} x {} pixels", name, tile_width, tile_height);
    for (std::size_t at = 2; at + 4 <= bytes.size();) {
        const std::uint32_t marker = big_endian(bytes, at, 2);
        std::size_t length = 2 + big_endian(bytes, at + 2, 2);
        if (marker == tile) {
            if (bytes.size() - at < 12) break;
            length = field(at + 6); // of the whole tile part, including coded pixels
            // The last tile may leave its length open: then it extends to the end of the file.
            if (length == 0) length = ends_with(bytes, end) - at;
        }
        if (marker < 0xff00 || length < 4) user_error("{}: damaged JPEG 2000: expected a marker at byte {}", name, at);
        if (length > bytes.size() - at) break;
        at += length;
        if (marker == tile && at + 2 <= bytes.size() && big_endian(bytes, at, 2) == end) return head;
    }
    user_error("{}: truncated JPEG 2000: its {} bytes end before the image does", name, bytes.size());
}

void check_size(const ImageHead& head, const std::string& name) {
    if (head.width == 0 || head.height == 0 || head.width > largest_side || head.height > largest_side ||
        std::uint64_t{head.width} * head.height > largest_area)
        user_error("{}: {} x {} pixels, expected 1 to {} per side and at most {} in total", name, head.width,
                   head.height, largest_side, largest_area);
}

ImageHead check_image(Bytes bytes, const std::string& name) {
    if (bytes.empty()) user_error("{}: is empty, expected an image", name);
    ImageHead head;
    if (has_text(bytes, 0, "\x89PNG\r\n\x1a\n"))
        head = check_png(bytes, name);
    else if (has_text(bytes, 0, "\xff\xd8"))
        head = check_jpeg(bytes, name);
    else
        user_error("{}: unknown image format, expected PNG, JPEG or DICOM", name);
    check_size(head, name);
    return head;
}

} // namespace mlvicx
