#pragma once

#include "datasets/decode/bytes.h"
#include "datasets/dicom/encoding.h"
#include "datasets/dicom/file.h"

#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Iterates over data elements; never reads past the end of the bytes. Throws UserError beginning with `name`:
/// truncated, damaged.
class DicomParser {
public:
    using Bytes = std::span<const std::uint8_t>;

    DicomParser(Bytes bytes, const std::string& name, DicomEncoding encoding)
        : bytes_(bytes), name_(name), encoding_(encoding) {}

    struct Element {
        DicomTag tag = 0;
        DicomValue value; ///< for a sequence of undefined length: everything up to and including its delimiter
    };

    bool done() const { return left() == 0; }
    Bytes rest() const { return bytes_.subspan(at_); }
    /// Whether the next element is of this group.
    bool at_group(std::uint32_t group) const { return left() >= 8 && number(at_, 2) == group; }
    /// The next element. Fragments of coded pixels go to `fragments` (the offset table is the first).
    Element next(std::vector<Bytes>& fragments) { return element(0, &fragments); }
    /// The elements of the first item of a sequence's value; empty if it has no items.
    std::vector<Element> first_item();

private:
    std::size_t left() const { return bytes_.size() - at_; }
    std::uint32_t number(std::size_t at, std::size_t count) const {
        return number_at(bytes_, at, count, encoding_.big_endian);
    }
    std::uint32_t take(std::size_t count, DicomTag tag);
    Bytes take_bytes(std::uint32_t count, DicomTag tag);
    DicomTag take_tag(DicomTag inside);
    Element element(int depth, std::vector<Bytes>* fragments = nullptr);
    std::vector<Element> item_of_undefined_length(int depth);
    void items(DicomTag sequence, int depth);
    void take_fragments(std::vector<Bytes>* fragments);
    void need(std::uint64_t count, DicomTag tag) const;
    [[noreturn]] void damaged(const char* what, DicomTag tag) const;

    Bytes bytes_;
    const std::string& name_;
    DicomEncoding encoding_;
    std::size_t at_ = 0;
};

} // namespace mlvicx
