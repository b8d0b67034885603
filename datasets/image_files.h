#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace mlvicx {

/// Whether the file's name ends as an image's does: .dcm, .dicom, .png, .jpg or .jpeg (case-insensitive).
bool has_image_suffix(const std::filesystem::path& file);

/// The image files that a user named.
struct ImageFiles {
    std::vector<std::filesystem::path> files;    ///< in the order given, those of a folder by name; each file once
    std::vector<std::filesystem::path> left_out; ///< files in folders that are not images
    std::size_t repeated = 0;                    ///< files that were named more than once
};

/// `given`: files, taken whatever their names (and even if they do not exist: who reads them says so), and folders, in
/// which images are found by suffix, or by the marker of a DICOM file, which often has no suffix; with all their
/// subfolders. Throws UserError if a folder cannot be read or if there is no image at all.
ImageFiles image_files(const std::vector<std::filesystem::path>& given);

} // namespace mlvicx
