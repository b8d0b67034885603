#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// A data element's tag, group and element in one number: (0028,0010) is 0x00280010.
using DicomTag = std::uint32_t;

/// A value as it lies in the file.
struct DicomValue {
    std::string vr; ///< two letters; empty where the file does not say (implicit VR)
    std::span<const std::uint8_t> bytes;
};

/// The outer data elements of a DICOM file (PS3.5, PS3.10). Reading checks the whole structure: every element and
/// fragment lies inside the file, sequences are closed, and the file ends where an element does. That is our own work
/// because GDCM's reader takes a file that was cut off for a whole one, and ends the process where a bit is wrong.
class DicomFile {
public:
    /// `bytes` must outlive the object. Throws UserError beginning with `name`: truncated, damaged.
    DicomFile(std::span<const std::uint8_t> bytes, const std::string& name);
    DicomFile(const DicomFile&) = delete;
    DicomFile& operator=(const DicomFile&) = delete;

    const std::string& name() const { return name_; }
    const std::string& transfer_syntax() const { return syntax_; } ///< its UID
    bool big_endian() const { return big_endian_; }
    bool has(DicomTag tag) const { return elements_.contains(tag); }
    /// Text without padding; empty where the element is absent.
    std::string text(DicomTag tag) const;
    /// The first of a text's values (between backslashes) as a number. Throws UserError where it is none.
    std::optional<double> decimal(DicomTag tag) const;
    /// An unsigned short (US). Throws UserError where it is absent or of another length.
    std::uint16_t number(DicomTag tag) const;
    /// The pixel data's value where it is not in fragments.
    std::optional<DicomValue> pixels() const;
    /// Pixel data in fragments (without the offset table), empty where it is not in fragments.
    const std::vector<std::span<const std::uint8_t>>& fragments() const { return fragments_; }

private:
    friend class DicomParser;
    std::string name_, syntax_;
    bool big_endian_ = false;
    std::vector<std::uint8_t> inflated_; ///< what a deflated file holds
    std::map<DicomTag, DicomValue> elements_;
    std::vector<std::span<const std::uint8_t>> fragments_;
};

/// Whether the bytes begin as a DICOM file does: the mark DICM, or without it the first elements of a header.
bool is_dicom(std::span<const std::uint8_t> bytes);

} // namespace mlvicx
