#pragma once

#include "datasets/index.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// The images in a folder and all folders inside it, by their names without .dcm, .dicom, .png, .jpg or .jpeg in any
/// case of letters. Folders are read once, so that a look-up among 100,000 images costs nothing.
class ImageTree {
public:
    /// `usual`: folders whose images count before those elsewhere, the first one most. Throws UserError where `root` is
    /// no folder or a folder in it cannot be read.
    explicit ImageTree(const std::filesystem::path& root, std::vector<std::filesystem::path> usual = {});
    /// An empty path where there is no image of this id. Of several in one folder the one that is called `name` counts.
    /// Throws UserError where two are left: the original and a converted copy, or a mask of the image's name.
    std::filesystem::path find(std::string_view id, std::string_view name = {}) const;
    /// Where `find` looks, as a message says it.
    std::string tried(std::string_view id) const;

private:
    std::size_t rank(const std::filesystem::path& file, std::string_view name) const;
    std::filesystem::path root_;
    std::vector<std::filesystem::path> usual_;
    std::unordered_multimap<std::string, std::filesystem::path> files_;
};

/// A file that an importer looked for in vain.
struct MissingFile {
    std::size_t image = 0; ///< position of the image that lacks it
    bool is_mask = false;  ///< else the image
    std::string tried;     ///< the full path, and what is there instead
};

/// The full path of a file that is not there as a file, and why: a folder, a link to nothing, another spelling.
std::string tried_path(const std::filesystem::path& file);

/// Takes images out of the index with their boxes.
void remove_images(DatasetIndex& index, const std::function<bool(const ImageEntry&)>& unwanted);

/// Takes the images with a missing image or mask out of the index, says how many and records it in
/// provenance["missing"] with their first names. Throws UserError with the same facts and one path that was tried
/// unless `allow`, and where no image would be left. `hint` ends that message.
void leave_out_missing(DatasetIndex& index, const std::vector<MissingFile>& missing, bool allow,
                       const std::filesystem::path& looked_in, const std::string& hint = {});

/// Looks every image's image up by its id in `folder` and all folders inside it; leave_out_missing for the rest.
void find_images(DatasetIndex& index, const std::filesystem::path& folder, bool allow_missing);

/// For a dataset that does not say whose an image is: says that every image counts as its own patient, which lets one
/// person stand in training and test, and records it in provenance["patients"]. `hint` ends the sentence.
void say_patients_unknown(DatasetIndex& index, const std::string& name, const std::string& hint = {});

/// Position of every image by its id; the keys look into the index. Throws UserError where an id stands twice.
std::unordered_map<std::string_view, std::size_t> positions(const DatasetIndex& index);

/// The one of these files that `folder` holds. Throws UserError naming all where it holds none or several.
std::filesystem::path one_of(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// Records a source file's SHA-256 in provenance["sources"].
void record_source(DatasetIndex& index, const std::filesystem::path& file);

} // namespace mlvicx
