#pragma once

#include "datasets/dicom/dicom.h"
#include "datasets/phantom/image.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx::phantom {

/// An image's lines in the tables of its layout: labels, what goes with them (boxes, classes, other views), and what is
/// said of its patient.
struct Lines {
    std::string labels, more;
    std::string patient = {};
};
using LinesField = std::string Lines::*;

/// How a dataset's publishers laid out images and tables.
struct Layout {
    std::vector<std::string> folders; ///< created before the images are written
    /// Writes one image, in any order and on any thread.
    Lines (*write_image)(const ImageKey& key, const PhantomImage& image, const std::filesystem::path& root);
    void (*write_tables)(const std::vector<ImageKey>& keys, const std::vector<Lines>& lines,
                         const std::filesystem::path& root);
    double images_per_patient = 1; ///< mean, in the original
};
Layout nih_layout();
Layout rsna_layout();
Layout siim_layout();
Layout siim_png_layout();
Layout vinbig_layout();
Layout kermany_layout();
Layout chexpert_layout();
Layout mimic_layout();
/// By name.
Layout layout_of(const std::string& name);

/// "NNNNNNNN_NNN": patient and follow-up, as NIH names its images.
std::string nih_name(const ImageKey& key);
/// 32 hexadecimal digits unique to the image, different in every layout.
std::string hex_name(const ImageKey& key, const std::string& layout);
/// A DICOM UID unique to the image.
std::string uid_of(const ImageKey& key);

void write_png(const std::filesystem::path& file, const cv::Mat& image);
void write_jpeg(const std::filesystem::path& file, const cv::Mat& image);
/// Writes `file` as DICOM, or with the extension .png in a build without GDCM.
void write_original(std::filesystem::path file, const ImageKey& key, const PhantomImage& image, DicomCoding coding);

/// Boxes around the connected parts of a mask, in its pixels, without the splinters of a ragged border.
std::vector<cv::Rect> boxes_around(const cv::Mat1b& mask);

/// The header followed by one field of all images' lines.
std::string table_of(std::string header, const std::vector<Lines>& lines, LinesField field);

} // namespace mlvicx::phantom
