#include "datasets/dicom_file.h"

#include "core/error.h"
#include "datasets/inflate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t preamble = 128;
constexpr std::uint32_t undefined = 0xffffffff; ///< a length that follows from delimiters
constexpr int deepest = 32;                     ///< sequences inside sequences
constexpr DicomTag item = 0xfffee000, item_end = 0xfffee00d, sequence_end = 0xfffee0dd;
constexpr DicomTag pixel_data = 0x7fe00010, transfer_syntax = 0x00020010;
constexpr std::size_t largest_inflated = std::size_t{1} << 30;

/// PS3.5, table 7.1-1: those whose length has four bytes, and the others.
constexpr std::array<std::string_view, 13> long_vrs{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                    "SV", "UC", "UN", "UR", "UT", "UV"};
constexpr std::array<std::string_view, 21> short_vrs{"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO",
                                                     "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"};

bool has_mark(Bytes bytes) {
    constexpr std::string_view mark = "DICM";
    return bytes.size() >= preamble + mark.size() &&
           std::equal(mark.begin(), mark.end(), bytes.begin() + static_cast<std::ptrdiff_t>(preamble));
}

std::string_view letters(Bytes bytes, std::size_t at) {
    return {reinterpret_cast<const char*>(bytes.data()) + at, 2};
}

bool contains(const auto& list, std::string_view vr) {
    return std::find(list.begin(), list.end(), vr) != list.end();
}

bool is_vr(std::string_view vr) {
    return contains(long_vrs, vr) || contains(short_vrs, vr);
}

std::string tag_text(DicomTag tag) {
    return fmt::format("({:04x},{:04x})", tag >> 16, tag & 0xffff);
}

} // namespace

/// Walks over elements; `at_` never passes the end of the bytes.
class DicomParser {
public:
    DicomParser(DicomFile& file, Bytes bytes) : file_(file), bytes_(bytes) {}

    void read() {
        const bool marked = has_mark(bytes_);
        at_ = marked ? preamble + 4 : 0;
        while (left() >= 8 && number(at_, 2) == 2) {
            const auto [tag, value] = element(0);
            if (tag == transfer_syntax) file_.elements_[tag] = value;
        }
        file_.syntax_ = file_.text(transfer_syntax);
        if (file_.syntax_.empty()) {
            if (marked) user_error("{}: damaged DICOM: its header names no transfer syntax", file_.name_);
            // A bare data set (PS3.10 has none, scanners did): little endian, with or without VR.
            const bool with_vr = left() >= 6 && is_vr(letters(bytes_, at_ + 4));
            file_.syntax_ = with_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2";
        }
        explicit_ = file_.syntax_ != "1.2.840.10008.1.2";
        file_.big_endian_ = file_.syntax_ == "1.2.840.10008.1.2.2";
        if (file_.syntax_ == "1.2.840.10008.1.2.1.99") {
            file_.inflated_ = inflate_raw(bytes_.subspan(at_), largest_inflated, file_.name_);
            bytes_ = file_.inflated_;
            at_ = 0;
        }
        while (!only_padding()) {
            const auto [tag, value] = element(0);
            file_.elements_.emplace(tag, value);
        }
    }

private:
    struct Element {
        DicomTag tag;
        DicomValue value;
    };

    std::size_t left() const { return bytes_.size() - at_; }

    /// Blocks of zeros after the last element are no elements.
    bool only_padding() const {
        const Bytes rest = bytes_.subspan(at_);
        return std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(8, left())),
                           [](auto byte) { return byte == 0; }) &&
               std::all_of(rest.begin(), rest.end(), [](auto byte) { return byte == 0; });
    }

    std::uint32_t number(std::size_t at, std::size_t count) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count; ++i)
            value = value << 8 | bytes_[at + (file_.big_endian_ ? i : count - 1 - i)];
        return value;
    }

    void need(std::uint64_t count, DicomTag tag) const {
        if (count > left())
            user_error("{}: truncated or damaged DICOM: {} takes {} bytes at byte {}, {} are left", file_.name_,
                       tag_text(tag), count, at_, left());
    }

    std::uint32_t take(std::size_t count, DicomTag tag) {
        need(count, tag);
        at_ += count;
        return number(at_ - count, count);
    }

    Bytes take_bytes(std::uint32_t count, DicomTag tag) {
        need(count, tag);
        at_ += count;
        return bytes_.subspan(at_ - count, count);
    }

    DicomTag take_tag(DicomTag inside) {
        const std::uint32_t group = take(2, inside);
        return group << 16 | take(2, inside);
    }

    Element element(int depth) {
        Element found{take_tag(0), {}};
        const DicomTag tag = found.tag;
        if (tag >> 16 == 0xfffe) damaged("a delimiter outside a sequence", tag);
        std::uint32_t length = 0;
        if (explicit_) {
            need(4, tag);
            found.value.vr = letters(bytes_, at_);
            at_ += 2;
            if (!is_vr(found.value.vr)) damaged("an unknown value representation", tag);
            const bool is_long = contains(long_vrs, found.value.vr);
            length = take(2, tag);
            if (is_long) length = take(4, tag);
        } else {
            length = take(4, tag);
        }
        if (length != undefined) {
            found.value.bytes = take_bytes(length, tag);
        } else if (tag == pixel_data && depth == 0 && explicit_) {
            fragments();
        } else if (tag == pixel_data) {
            skip_fragments();
        } else {
            if (explicit_ && found.value.vr != "SQ" && found.value.vr != "UN") damaged("a value without length", tag);
            const bool outer = explicit_;
            if (found.value.vr == "UN") explicit_ = false; // PS3.5, 6.2.2, note 4
            items(tag, depth + 1);
            explicit_ = outer;
        }
        return found;
    }

    /// A sequence of undefined length, up to and with its delimiter.
    void items(DicomTag sequence, int depth) {
        if (depth > deepest) damaged("sequences nested too deep", sequence);
        for (;;) {
            const DicomTag tag = take_tag(sequence);
            const std::uint32_t length = take(4, sequence);
            if (tag == sequence_end) return;
            if (tag != item) damaged("something else than items in a sequence", sequence);
            if (length != undefined) {
                take_bytes(length, sequence);
                continue;
            }
            while (left() < 4 || (number(at_, 2) << 16 | number(at_ + 2, 2)) != item_end) element(depth);
            at_ += 4;
            take(4, sequence);
        }
    }

    /// Pixel data in fragments: the offset table first, which a single image does not need.
    void fragments() {
        skip_fragments([this](Bytes fragment) { file_.fragments_.push_back(fragment); });
        if (file_.fragments_.empty()) damaged("no offset table", pixel_data);
        file_.fragments_.erase(file_.fragments_.begin());
    }

    template <typename Keep = void (*)(Bytes)> void skip_fragments(Keep keep = [](Bytes) {}) {
        for (;;) {
            const DicomTag tag = take_tag(pixel_data);
            const std::uint32_t length = take(4, pixel_data);
            if (tag == sequence_end) return;
            if (tag != item || length == undefined) damaged("something else than fragments", pixel_data);
            keep(take_bytes(length, pixel_data));
        }
    }

    [[noreturn]] void damaged(const char* what, DicomTag tag) const {
        user_error("{}: damaged DICOM: {} at {}, before byte {}", file_.name_, what, tag_text(tag), at_);
    }

    DicomFile& file_;
    Bytes bytes_;
    std::size_t at_ = 0;
    bool explicit_ = true; // the group before the data set always is
};

DicomFile::DicomFile(Bytes bytes, const std::string& name) : name_(name) {
    DicomParser(*this, bytes).read();
}

std::string DicomFile::text(DicomTag tag) const {
    const auto found = elements_.find(tag);
    if (found == elements_.end()) return {};
    std::string text(found->second.bytes.begin(), found->second.bytes.end());
    constexpr std::string_view blank{" \0", 2};
    text.erase(text.find_last_not_of(blank) + 1);
    return text.erase(0, text.find_first_not_of(blank));
}

std::optional<double> DicomFile::decimal(DicomTag tag) const {
    std::string all = text(tag);
    if (all.empty()) return std::nullopt;
    std::string_view first = std::string_view(all).substr(0, all.find('\\'));
    while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
    if (!first.empty() && first.front() == '+') first.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), value);
    if (error != std::errc() || end != first.data() + first.size() || !(std::abs(value) < 1e9))
        user_error("{}: {} is \"{}\", expected a number", name_, tag_text(tag), all.substr(0, 64));
    return value;
}

std::uint16_t DicomFile::number(DicomTag tag) const {
    const auto found = elements_.find(tag);
    if (found == elements_.end()) user_error("{}: holds no {}, expected a film", name_, tag_text(tag));
    const Bytes bytes = found->second.bytes;
    if (bytes.size() != 2) user_error("{}: damaged DICOM: {} has {} bytes", name_, tag_text(tag), bytes.size());
    return static_cast<std::uint16_t>(big_endian_ ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

std::optional<DicomValue> DicomFile::pixels() const {
    const auto found = elements_.find(pixel_data);
    if (found == elements_.end() || !fragments_.empty()) return std::nullopt;
    return found->second;
}

bool is_dicom(Bytes bytes) {
    if (has_mark(bytes)) return true;
    // Without the mark: the first element is of group 2 or 8, with a VR, or without with a small number and length.
    if (bytes.size() < 16 || (bytes[0] != 2 && bytes[0] != 8) || bytes[1] != 0 || bytes[3] != 0) return false;
    const bool small = bytes[2] <= 0x18 && bytes[4] <= 64 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
    return is_vr(letters(bytes, 4)) || small;
}

} // namespace mlvicx
