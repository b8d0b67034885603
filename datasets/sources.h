#pragma once

#include "datasets/index.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// Where the images of a dataset lie: every file name in images_*/images/, images/ and the folder itself (in this
/// order, the first one counts). Folders are read once, so that a look-up among 100,000 images costs nothing.
class ImageFolder {
public:
    /// Throws UserError where `root` is no folder.
    explicit ImageFolder(const std::filesystem::path& root);
    /// An empty path where there is no such file.
    std::filesystem::path find(std::string_view name) const;

private:
    std::vector<std::filesystem::path> folders_;
    std::unordered_map<std::string, std::size_t> names_; ///< file name to position in folders_
};

/// The images in a folder and all folders inside it, by their names without .dcm, .dicom, .png, .jpg or .jpeg; read
/// once, as ImageFolder.
class ImageTree {
public:
    /// Throws UserError where `root` is no folder or a folder in it cannot be read.
    explicit ImageTree(const std::filesystem::path& root);
    /// An empty path where there is no image of this id. Throws UserError where there are two: the original and a
    /// converted copy, or a mask of the film's name.
    std::filesystem::path find(std::string_view id) const;

private:
    std::unordered_multimap<std::string, std::filesystem::path> files_;
};

/// Takes films out of the index with their boxes.
void remove_films(DatasetIndex& index, const std::function<bool(const Film&)>& unwanted);

/// Takes the films without an image (empty path) out of the index and records their number and first names in
/// provenance["missing"]. Throws UserError with the same facts unless `allow`, and where no film would be left.
void leave_out_missing(DatasetIndex& index, bool allow, const std::filesystem::path& looked_in);

/// Looks every film's image up by its id in `folder` and all folders inside it; leave_out_missing for the rest.
void find_images(DatasetIndex& index, const std::filesystem::path& folder, bool allow_missing);

/// Position of every film by its id; the keys look into the index. Throws UserError where an id stands twice.
std::unordered_map<std::string_view, std::size_t> positions(const DatasetIndex& index);

/// The one of these files that `folder` holds. Throws UserError naming all where it holds none or several.
std::filesystem::path one_of(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// Records a source file's SHA-256 in provenance["sources"].
void record_source(DatasetIndex& index, const std::filesystem::path& file);

} // namespace mlvicx
