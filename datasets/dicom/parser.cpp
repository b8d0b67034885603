#include "datasets/dicom/parser.h"

#include "core/error.h"

#include <algorithm>

namespace mlvicx {

namespace {

constexpr std::uint32_t undefined = 0xffffffff; ///< a length that follows from delimiters
constexpr int deepest = 32;                     ///< sequences inside sequences
constexpr DicomTag item = 0xfffee000, item_end = 0xfffee00d, sequence_end = 0xfffee0dd;
constexpr DicomTag pixel_data = 0x7fe00010;

} // namespace

void DicomParser::need(std::uint64_t count, DicomTag tag) const {
    if (count > left())
        user_error("{}: truncated or damaged DICOM: {} takes {} bytes at byte {}, {} are left", name_,
                   dicom_tag_text(tag), count, at_, left());
}

std::uint32_t DicomParser::take(std::size_t count, DicomTag tag) {
    need(count, tag);
    at_ += count;
    return number(at_ - count, count);
}

DicomParser::Bytes DicomParser::take_bytes(std::uint32_t count, DicomTag tag) {
    need(count, tag);
    at_ += count;
    return bytes_.subspan(at_ - count, count);
}

DicomTag DicomParser::take_tag(DicomTag inside) {
    const std::uint32_t group = take(2, inside);
    return group << 16 | take(2, inside);
}

DicomParser::Element DicomParser::element(int depth, std::vector<Bytes>* fragments) {
    Element found{take_tag(0), {}};
    const DicomTag tag = found.tag;
    if (tag >> 16 == 0xfffe) damaged("a delimiter outside a sequence", tag);
    std::uint32_t length = 0;
    const bool with_vr = encoding_.explicit_vr;
    if (with_vr) {
        need(4, tag);
        found.value.vr = dicom_letters(bytes_, at_);
        at_ += 2;
        if (!is_vr(found.value.vr)) damaged("an unknown value representation", tag);
        length = take(2, tag);
        if (is_long_vr(found.value.vr)) length = take(4, tag);
    } else {
        length = take(4, tag);
    }
    const std::size_t begin = at_;
    if (length != undefined) {
        // The pixels of the whole file may lack their padding byte; whether all are present is checked when they are
        // decoded.
        const bool pixels = tag == pixel_data && depth == 0;
        found.value.bytes =
            take_bytes(pixels ? static_cast<std::uint32_t>(std::min<std::size_t>(length, left())) : length, tag);
        return found;
    }
    if (tag == pixel_data) {
        take_fragments(with_vr ? fragments : nullptr);
    } else {
        if (with_vr && found.value.vr != "SQ" && found.value.vr != "UN") damaged("a value without a length", tag);
        if (found.value.vr == "UN") encoding_.explicit_vr = false; // PS3.5, 6.2.2, note 4
        items(tag, depth + 1);
        encoding_.explicit_vr = with_vr;
        found.value.bytes = bytes_.subspan(begin, at_ - begin);
    }
    return found;
}

/// Reads a sequence of undefined length, up to and including its delimiter.
void DicomParser::items(DicomTag sequence, int depth) {
    if (depth > deepest) damaged("sequences nested too deeply", sequence);
    for (;;) {
        const DicomTag tag = take_tag(sequence);
        const std::uint32_t length = take(4, sequence);
        if (tag == sequence_end) return;
        if (tag != item) damaged("something other than items in a sequence", sequence);
        if (length != undefined)
            take_bytes(length, sequence);
        else
            item_of_undefined_length(depth);
    }
}

std::vector<DicomParser::Element> DicomParser::item_of_undefined_length(int depth) {
    std::vector<Element> elements;
    while (left() < 4 || (number(at_, 2) << 16 | number(at_ + 2, 2)) != item_end) elements.push_back(element(depth));
    at_ += 4;
    take(4, item_end);
    return elements;
}

std::vector<DicomParser::Element> DicomParser::first_item() {
    if (done() || take_tag(item) != item) return {};
    const std::uint32_t length = take(4, item);
    if (length == undefined) return item_of_undefined_length(1);
    const std::size_t begin = at_;
    std::vector<Element> elements;
    need(length, item);
    bytes_ = bytes_.subspan(0, begin + length);
    while (!done()) elements.push_back(element(1));
    return elements;
}

/// Reads pixel data in fragments; `fragments` is null if they are not wanted.
void DicomParser::take_fragments(std::vector<Bytes>* fragments) {
    for (;;) {
        const DicomTag tag = take_tag(pixel_data);
        const std::uint32_t length = take(4, pixel_data);
        if (tag == sequence_end) return;
        if (tag != item || length == undefined) damaged("something other than fragments", pixel_data);
        const Bytes fragment = take_bytes(length, pixel_data);
        if (fragments) fragments->push_back(fragment);
    }
}

void DicomParser::damaged(const char* what, DicomTag tag) const {
    user_error("{}: damaged DICOM: {} at {}, before byte {}", name_, what, dicom_tag_text(tag), at_);
}

} // namespace mlvicx
