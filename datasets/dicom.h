#pragma once

#include <opencv2/core.hpp>

#include <filesystem>
#include <string>

namespace mlvicx {

/// Whether this build has GDCM. Without it whatever reads or writes DICOM throws a UserError that says how to get it.
bool dicom_supported();

/// How the pixels of a written DICOM file are coded.
enum class DicomCoding {
    uncompressed, ///< explicit VR little endian
    jpeg,         ///< JPEG baseline, 8 bit, lossy: as RSNA's and SIIM's files
    jpeg2000      ///< JPEG 2000, lossless
};

/// Writes an 8-bit grey film [height, width] as a DICOM file of the kind that RSNA and SIIM published (Secondary
/// Capture, Modality CR, MONOCHROME2). `instance_uid`: SOP Instance UID, digits and dots, 62 characters at most; study
/// and series follow from it. `patient`: Patient ID and name. A plain write: that a file appears complete or not at all
/// is the caller's business. Throws UserError where the file cannot be written.
void write_dicom(const std::filesystem::path& file, const cv::Mat& pixels, const std::string& instance_uid,
                 const std::string& patient, DicomCoding coding);

} // namespace mlvicx
