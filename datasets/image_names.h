#pragma once

#include "datasets/text/image_list.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// Looks up images by the names that lists give them: with or without folders and suffix, by id or by file name.
class ImageNames {
public:
    /// The images' ids, and the names of their files if these differ (else empty). Both must outlive this object.
    explicit ImageNames(std::span<const std::string> ids, std::span<const std::string> files = {});
    std::size_t size() const { return ids_.size(); }
    bool knows(std::string_view name) const;
    /// The image of this name; none if it is unknown. Throws UserError beginning with `where` if the name fits several.
    std::optional<std::size_t> find(std::string_view name, const std::string& where) const;

private:
    std::vector<std::size_t> candidates(std::string_view name) const;
    std::span<const std::string> ids_;
    std::unordered_map<std::string_view, std::size_t> by_id_;
    std::unordered_multimap<std::string, std::size_t> by_stem_;
    bool unique_stems_ = true; ///< else an image's folders belong to its name
};

/// The images of a list, in its order. `unknown`: entries that name no image of the dataset.
struct ListedImages {
    ImageList list;
    std::vector<std::size_t> images; ///< indices into the dataset
    std::vector<std::size_t> rows;   ///< of each image in the file
    std::vector<ImageList::Entry> unknown;
};

/// Reads a list of images of a dataset (text/image_list.h). Throws UserError with count and examples if an image is
/// listed twice, and if a name fits several images.
ListedImages read_listed_images(const std::filesystem::path& file, const ImageNames& names);

/// Throws UserError with count and examples for entries that name no image of `dataset`, which is how messages call it.
void refuse_unknown(const ListedImages& listed, const std::string& dataset, const std::string& advice = {});

/// "A (row 3), B (row 9) and 4 more".
std::string entries_text(const std::vector<ImageList::Entry>& entries, std::size_t shown = 3);

/// SHA-256 of the ids, sorted: equal for the same images in another order.
std::string digest_of_ids(std::vector<std::string> ids);

} // namespace mlvicx
