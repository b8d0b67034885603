#pragma once

#include "datasets/index.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// The images in a folder and all its subfolders, by name without .dcm, .dicom, .png, .jpg or .jpeg (case-insensitive).
/// Folders are read once, so a look-up among 100,000 images costs nothing.
class ImageTree {
public:
    /// `usual`: folders whose images take precedence over those elsewhere, in this order. `folders`: how many folders
    /// above an image belong to its id, "study1/view1" with 1. Throws UserError if `root` is not a directory or a
    /// folder in it cannot be read.
    explicit ImageTree(const std::filesystem::path& root, std::vector<std::filesystem::path> usual = {},
                       std::size_t folders = 0);
    /// The path of the image with this id, empty if there is none. If one folder has several, the one called `name` is
    /// taken. Throws UserError if that leaves two, for instance the original and a converted copy, or a mask with the
    /// image's name.
    std::filesystem::path find(std::string_view id, std::string_view name = {}) const;
    /// Where `find` looks, for messages.
    std::string tried(std::string_view id) const;

private:
    std::size_t rank(const std::filesystem::path& file, std::string_view name) const;
    std::filesystem::path root_;
    std::vector<std::filesystem::path> usual_;
    std::unordered_multimap<std::string, std::filesystem::path> files_;
};

/// A file that an importer could not find.
struct MissingFile {
    std::size_t image = 0; ///< index of the image that lacks it
    bool is_mask = false;  ///< a mask is missing, else the image
    std::string tried;     ///< the full path, and what is there instead
};

/// The full path of a missing file, and what is there instead: a folder, a dangling link, another spelling.
std::string tried_path(const std::filesystem::path& file);

/// Removes images and their boxes from the index.
void remove_images(DatasetIndex& index, const std::function<bool(const ImageEntry&)>& unwanted);

/// Removes the images with a missing image or mask file from the index, logs how many and records it in
/// provenance["missing"] with the first names. Unless `allow`, and if no image would be left, throws UserError with the
/// same facts and one path that was tried. `hint` ends that message.
void leave_out_missing(DatasetIndex& index, const std::vector<MissingFile>& missing, bool allow,
                       const std::filesystem::path& looked_in, const std::string& hint = {});

/// Looks up every image file by its id in `folder` and all its subfolders; leave_out_missing for the rest.
void find_images(DatasetIndex& index, const std::filesystem::path& folder, bool allow_missing);

/// For a dataset that does not name patients: logs that every image counts as its own patient, so one person may be in
/// both training and test, and records it in provenance["patients"]. `hint` ends the sentence.
void say_patients_unknown(DatasetIndex& index, const std::string& name, const std::string& hint = {});

/// The index of every image by its id; the keys are views into `index`. Throws UserError for a duplicate id.
std::unordered_map<std::string_view, std::size_t> positions(const DatasetIndex& index);

/// The one of these files that exists in `folder`. Throws UserError naming all if none or several exist.
std::filesystem::path one_of(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// Records a source file's SHA-256 in provenance["sources"], under the file's name unless another is given.
void record_source(DatasetIndex& index, const std::filesystem::path& file, const std::string& name = {});

} // namespace mlvicx
