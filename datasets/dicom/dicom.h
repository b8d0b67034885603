#pragma once

#include "datasets/attributes.h"
#include "datasets/decode/grey_levels.h"

#include <opencv2/core.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace mlvicx {

/// Whether this build has GDCM. Without GDCM, lossless JPEG, JPEG-LS and JPEG 2000 are not read and no DICOM is
/// written; the UserError says how to get it.
bool dicom_supported();

/// Decodes a grey image to u8 [height, width]: stored values, modality rescale (slope, intercept), the chosen window
/// (of the file: its VOI LUT, else its first window), MONOCHROME1 inverted, pixel padding black. `rule` receives a
/// short description of the conversion, without numbers specific to one image: prepared files count images by it.
/// `attributes` receives what the header says of sex, age and view, as it writes them; empty if it does not. The
/// supported transfer syntaxes are listed in syntax.cpp. Throws UserError beginning with `name`: truncated, damaged,
/// not coded as its header says, no pixels, float pixels, colour, several frames, more than 16 bits. Undetectable: a
/// wrong bit in uncoded pixels, and most errors in coded pixels that still decode.
cv::Mat decode_dicom(std::span<const std::uint8_t> bytes, const std::string& name, Window window, std::string& rule,
                     AttributeTexts& attributes);

/// How the pixels of a written DICOM file are coded.
enum class DicomCoding {
    uncompressed, ///< explicit VR little endian
    jpeg,         ///< JPEG baseline, 8 bit, lossy, like RSNA's and SIIM's files
    jpeg2000      ///< JPEG 2000, lossless
};

/// Writes an 8-bit grey image [height, width] as a DICOM file of the kind that RSNA and SIIM published (Secondary
/// Capture, Modality CR, MONOCHROME2). `instance_uid`: SOP Instance UID, digits and dots, at most 62 characters; study
/// and series UIDs are derived from it. `patient`: Patient ID and name. `attributes`: as the header should write them;
/// left out if empty. Not an atomic write: that is up to the caller.
/// Throws UserError if the file cannot be written.
void write_dicom(const std::filesystem::path& file, const cv::Mat& pixels, const std::string& instance_uid,
                 const std::string& patient, DicomCoding coding, const AttributeTexts& attributes = {});

} // namespace mlvicx
