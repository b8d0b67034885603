#include "datasets/dicom/encoding.h"

#include "datasets/decode/bytes.h"

#include <algorithm>
#include <array>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t undefined = 0xffffffff; ///< a length that follows from delimiters
constexpr std::uint32_t highest_first_group = 0x00ff, delimiters = 0xfffe;
constexpr int looked_at = 4; ///< elements

constexpr std::array<std::string_view, 13> long_vrs{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                    "SV", "UC", "UN", "UR", "UT", "UV"};
constexpr std::array<std::string_view, 21> short_vrs{"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO",
                                                     "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"};

bool contains(const auto& list, std::string_view vr) {
    return std::find(list.begin(), list.end(), vr) != list.end();
}

} // namespace

std::string_view dicom_letters(Bytes bytes, std::size_t at) {
    return {reinterpret_cast<const char*>(bytes.data()) + at, 2};
}

bool is_vr(std::string_view letters) {
    return contains(long_vrs, letters) || contains(short_vrs, letters);
}

bool is_long_vr(std::string_view letters) {
    return contains(long_vrs, letters);
}

bool looks_encoded(Bytes bytes, DicomEncoding encoding) {
    const auto number = [&](std::size_t at, std::size_t count) {
        return number_at(bytes, at, count, encoding.big_endian);
    };
    std::size_t at = 0;
    std::uint32_t last = 0; // tag
    for (int k = 0; k < looked_at && (k == 0 || at < bytes.size()); ++k) {
        if (bytes.size() - at < 8) return false;
        const std::uint32_t group = number(at, 2), tag = group << 16 | number(at + 2, 2);
        if (group == delimiters || (k == 0 ? group > highest_first_group : tag <= last)) return false;
        last = tag;
        std::size_t head = 8;
        std::uint32_t length = 0;
        if (encoding.explicit_vr) {
            const std::string_view vr = dicom_letters(bytes, at + 4);
            if (!is_vr(vr)) return false;
            if (is_long_vr(vr)) head = 12;
            if (bytes.size() - at < head) return false;
            length = is_long_vr(vr) ? number(at + 8, 4) : number(at + 6, 2);
        } else {
            length = number(at + 4, 4);
        }
        if (length == undefined) return true; // a sequence: its content need not be checked
        if (length > bytes.size() - at - head) return false;
        at += head + length;
    }
    return true;
}

} // namespace mlvicx
