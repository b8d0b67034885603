#include "datasets/dicom/file.h"

#include "core/error.h"
#include "datasets/decode/inflate.h"
#include "datasets/dicom/parser.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t preamble = 128, mark = 4;
constexpr DicomTag first_pixels = 0x7fe00008, pixel_data = 0x7fe00010, transfer_syntax = 0x00020010;
constexpr std::size_t largest_inflated = std::size_t{1} << 30;
constexpr DicomEncoding implicit_little{false, false}, explicit_little{true, false}, explicit_big{true, true};

bool has_mark(Bytes bytes) {
    constexpr std::string_view letters = "DICM";
    return bytes.size() >= preamble + mark &&
           std::equal(letters.begin(), letters.end(), bytes.begin() + static_cast<std::ptrdiff_t>(preamble));
}

/// The encoding of the data, if it can be recognised.
std::optional<DicomEncoding> found_encoding(Bytes data) {
    for (const DicomEncoding encoding : {explicit_little, implicit_little, explicit_big})
        if (looks_encoded(data, encoding)) return encoding;
    return std::nullopt;
}

/// Throws if the data clearly have a different encoding than the header names. If they have none (damaged, truncated),
/// the caller reports it when reading them.
void check_encoding(Bytes data, const TransferSyntax& syntax, const std::string& name) {
    if (!syntax.deflated && looks_encoded(data, {syntax.explicit_vr, syntax.big_endian})) return;
    const auto found = found_encoding(data);
    if (found)
        user_error("{}: its data are not in the transfer syntax that its header names: they are in {}, the header "
                   "names {} ({})",
                   name, uncoded_syntax(found->explicit_vr, found->big_endian).name, syntax.uid, syntax.name);
}

} // namespace

std::string dicom_tag_text(DicomTag tag) {
    return fmt::format("({:04x},{:04x})", tag >> 16, tag & 0xffff);
}

std::optional<DicomValue> DicomElements::value(DicomTag tag) const {
    const auto found = elements_.find(tag);
    return found == elements_.end() ? std::nullopt : std::optional(found->second);
}

std::string DicomElements::text(DicomTag tag) const {
    const auto found = elements_.find(tag);
    if (found == elements_.end()) return {};
    std::string text(found->second.bytes.begin(), found->second.bytes.end());
    constexpr std::string_view blank{" \0", 2};
    text.erase(text.find_last_not_of(blank) + 1);
    return text.erase(0, text.find_first_not_of(blank));
}

std::string DicomElements::code(DicomTag tag) const {
    std::string result = text(tag);
    for (char& letter : result) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return result;
}

std::optional<double> DicomElements::decimal(DicomTag tag) const {
    std::string all = text(tag);
    if (all.empty()) return std::nullopt;
    std::string_view first = std::string_view(all).substr(0, all.find('\\'));
    while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
    if (!first.empty() && first.front() == '+') first.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), value);
    if (error != std::errc() || end != first.data() + first.size() || !(std::abs(value) < 1e9))
        user_error("{}: {} is \"{}\", expected a number", name_, dicom_tag_text(tag), all.substr(0, 64));
    return value;
}

std::vector<std::uint16_t> DicomElements::numbers(DicomTag tag) const {
    std::vector<std::uint16_t> result;
    if (const auto found = value(tag))
        for (std::size_t at = 0; at + 2 <= found->bytes.size(); at += 2)
            result.push_back(static_cast<std::uint16_t>(number_at(found->bytes, at, 2, big_endian_)));
    return result;
}

std::uint16_t DicomElements::number(DicomTag tag) const {
    const auto found = value(tag);
    if (!found) user_error("{}: has no {}, expected an image", name_, dicom_tag_text(tag));
    if (found->bytes.size() != 2)
        user_error("{}: damaged DICOM: {} has {} bytes", name_, dicom_tag_text(tag), found->bytes.size());
    return numbers(tag).front();
}

DicomFile::DicomFile(Bytes bytes, const std::string& name) : DicomElements(name, false) {
    Bytes data = read_header(bytes);
    check_encoding(data, *syntax_, name);
    if (syntax_->deflated) {
        inflated_ = inflate_raw(data, largest_inflated, name);
        data = inflated_;
    }
    big_endian_ = syntax_->big_endian;
    DicomParser parser(data, name_, {syntax_->explicit_vr, syntax_->big_endian});
    while (!parser.done()) {
        const auto [tag, value] = parser.next(fragments_);
        add(tag, value);
        if (tag >= first_pixels && tag <= pixel_data) break;
    }
    // The first fragment is the offset table, which a single image does not need.
    if (has(pixel_data) && !fragments_.empty()) fragments_.erase(fragments_.begin());
}

Bytes DicomFile::read_header(Bytes bytes) {
    const bool marked = has_mark(bytes);
    const Bytes all = bytes.subspan(marked ? preamble + mark : 0);
    // The header is explicit little endian (PS3.10, 7.1); some writers omit its value representations.
    const bool implicit = all.size() >= 8 && !is_vr(dicom_letters(all, 4)) && number_at(all, 4, 4, false) < all.size();
    DicomParser parser(all, name_, implicit ? implicit_little : explicit_little);
    while (parser.at_group(2)) {
        const auto [tag, value] = parser.next(fragments_);
        if (tag == transfer_syntax) add(tag, value);
    }
    if (const std::string uid = text(transfer_syntax); !uid.empty()) {
        syntax_ = &transfer_syntax_of(uid, name_);
        return parser.rest();
    }
    // No header, as scanners used to write, or one without this element: uncoded, in the encoding that the data look
    // like.
    const auto found = found_encoding(parser.rest());
    if (!found) user_error("{}: damaged DICOM: its header names no transfer syntax, and none fits its data", name_);
    syntax_ = &uncoded_syntax(found->explicit_vr, found->big_endian);
    return parser.rest();
}

std::optional<DicomElements> DicomFile::first_item(DicomTag sequence) const {
    const auto found = value(sequence);
    if (!found) return std::nullopt;
    const bool with_vr = syntax_->explicit_vr && found->vr != "UN"; // PS3.5, 6.2.2, note 4
    const auto elements = DicomParser(found->bytes, name_, {with_vr, big_endian_}).first_item();
    if (elements.empty()) return std::nullopt;
    DicomElements item(name_, big_endian_);
    for (const auto& [tag, value] : elements) item.add(tag, value);
    return item;
}

std::optional<DicomValue> DicomFile::pixels() const {
    return fragments_.empty() ? value(pixel_data) : std::nullopt;
}

bool is_dicom(Bytes bytes) {
    if (has_mark(bytes)) return true;
    // Without the marker: the first element is in group 2 or 8, with a VR, or without one but with a small number and
    // length.
    if (bytes.size() < 16) return false;
    const bool little = (bytes[0] == 2 || bytes[0] == 8) && bytes[1] == 0 && bytes[3] == 0;
    const bool big = bytes[0] == 0 && bytes[1] == 8 && bytes[2] == 0;
    const bool small = bytes[4] <= 64 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
    return ((little || big) && is_vr(dicom_letters(bytes, 4))) || (little && small);
}

} // namespace mlvicx
