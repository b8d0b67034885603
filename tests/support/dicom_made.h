#pragma once

#include "tests/support/datasets_support.h"

#include "datasets/decode/decode.h"

#include <map>
#include <optional>
#include <utility>

namespace mlvicx {

/// One image as a hand-made uncoded DICOM file.
struct DicomMade {
    int rows = 2, columns = 3, allocated = 16, stored = 12, high = 11, sign = 0, samples = 1;
    std::string photometric = "MONOCHROME2", frames, syntax = "1.2.840.10008.1.2.1";
    std::map<std::uint32_t, std::string> decimals;                       ///< tag to text, VR DS
    std::map<std::uint32_t, std::pair<std::string, std::string>> others; ///< tag to VR and value
    std::vector<std::uint32_t> without;                                  ///< tags that are left out
    std::vector<int> values = {0, 1, 2, 3, 4, 4095};
    std::string pixels;                             ///< instead of `values` if not empty
    bool with_vr = true, big_endian = false;        ///< encoding of the data set
    bool header_with_vr = true, with_header = true; ///< encoding and presence of the header group

    static std::string number(std::uint32_t value, int bytes, bool big_endian = false) {
        std::string out;
        for (int i = 0; i < bytes; ++i)
            out += static_cast<char>(value >> (8 * (big_endian ? bytes - 1 - i : i)) & 0xff);
        return out;
    }
    static std::string element(std::uint32_t tag, const std::string& vr, std::string value, bool with_vr = true,
                               bool big_endian = false) {
        const bool is_long = vr == "OW" || vr == "OB" || vr == "SQ" || vr == "OF";
        const bool pixel_data = tag >> 16 == 0x7fe0; // odd lengths are left to the tests
        if (value.size() % 2 != 0 && !pixel_data) value += vr == "UI" || is_long ? '\0' : ' ';
        std::string out = number(tag >> 16, 2, big_endian) + number(tag & 0xffff, 2, big_endian);
        if (with_vr) out += vr + (is_long ? number(0, 2) : "");
        return out + number(static_cast<std::uint32_t>(value.size()), with_vr && !is_long ? 2 : 4, big_endian) + value;
    }
    std::string us(int value) const { return number(static_cast<std::uint32_t>(value), 2, big_endian); }

    /// Only the data set.
    std::string data() const {
        auto all = others;
        for (const auto& [tag, text] : decimals) all[tag] = {"DS", text};
        all.try_emplace(0x00080060, "CS", "DX");
        all.try_emplace(0x00280002, "US", us(samples));
        all.try_emplace(0x00280004, "CS", photometric);
        if (!frames.empty()) all.try_emplace(0x00280008, "IS", frames);
        all.try_emplace(0x00280010, "US", us(rows));
        all.try_emplace(0x00280011, "US", us(columns));
        all.try_emplace(0x00280100, "US", us(allocated));
        all.try_emplace(0x00280101, "US", us(stored));
        all.try_emplace(0x00280102, "US", us(high));
        all.try_emplace(0x00280103, "US", us(sign));
        std::string coded = pixels;
        if (coded.empty())
            for (const int value : values)
                coded += number(static_cast<std::uint32_t>(value), allocated / 8, big_endian);
        all.try_emplace(0x7fe00010, "OW", coded);
        for (const std::uint32_t tag : without) all.erase(tag);
        std::string out;
        for (const auto& [tag, value] : all) out += element(tag, value.first, value.second, with_vr, big_endian);
        return out;
    }
    std::string bytes() const {
        const std::string header = with_header ? element(0x00020010, "UI", syntax, header_with_vr) : "";
        return std::string(128, '\0') + "DICM" + header + data();
    }
    /// The grey levels of this file with different bytes.
    static std::vector<int> decoded(const TempFolder& folder, const std::string& bytes,
                                    Window window = Window::automatic, std::string* rule = nullptr) {
        put(folder / "image.dcm", bytes);
        const cv::Mat image = decode_image(folder / "image.dcm", window, rule);
        return {image.begin<std::uint8_t>(), image.end<std::uint8_t>()};
    }
    std::vector<int> decoded(const TempFolder& folder, Window window = Window::automatic,
                             std::string* rule = nullptr) const {
        return decoded(folder, bytes(), window, rule);
    }
    std::string refused(const TempFolder& folder, Window window = Window::automatic) const {
        return user_error_of([&] { decoded(folder, window); });
    }
};

} // namespace mlvicx
