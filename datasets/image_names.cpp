#include "datasets/image_names.h"

#include "core/error.h"
#include "core/hash.h"
#include "datasets/text/text_file.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// Whether the name, which may begin with folders, ends the id, "b/1.png" and "a/b/1", or an id with folders ends it.
bool fits(std::string_view id, std::string_view name) {
    const auto bare = [](std::string_view text) {
        const auto slash = text.find_last_of("/\\") + 1; // npos + 1 is 0
        return std::string(text.substr(0, slash)) + image_stem(text);
    };
    const std::string whole = bare(id), part = bare(name);
    return whole == part || whole.ends_with("/" + part) ||
           (whole.find('/') != std::string::npos && part.ends_with("/" + whole));
}

} // namespace

ImageNames::ImageNames(std::span<const std::string> ids, std::span<const std::string> files) : ids_(ids) {
    by_id_.reserve(ids.size());
    by_stem_.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        by_id_.emplace(ids[i], i);
        const std::string stem = image_stem(ids[i]);
        unique_stems_ = unique_stems_ && !by_stem_.contains(stem);
        by_stem_.emplace(stem, i);
        if (files.empty()) continue;
        if (const std::string file = image_stem(files[i]); !file.empty() && file != stem) by_stem_.emplace(file, i);
    }
}

std::vector<std::size_t> ImageNames::candidates(std::string_view name) const {
    if (const auto exact = by_id_.find(name); exact != by_id_.end()) return {exact->second};
    // An id with folders, below further ones: 100,000 images may have the same stem (CheXpert's view1_frontal).
    for (auto slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1))
        if (const auto exact = by_id_.find(name.substr(slash + 1)); exact != by_id_.end())
            if (exact->first.find('/') != std::string_view::npos) return {exact->second};
    const auto [first, end] = by_stem_.equal_range(image_stem(name));
    std::vector<std::size_t> found;
    for (auto at = first; at != end; ++at) found.push_back(at->second);
    if (found.size() == 1) { // the image, whatever its folders, unless stems repeat and folders tell images apart
        const std::string& id = ids_[found.front()];
        const bool told_apart = !unique_stems_ && name.find('/') != std::string_view::npos;
        if (told_apart && image_stem(id) == image_stem(name) && !fits(id, name)) found.clear();
    }
    if (found.size() < 2) return found;
    std::vector<std::size_t> closer;
    std::copy_if(found.begin(), found.end(), std::back_inserter(closer),
                 [&](std::size_t i) { return fits(ids_[i], name); });
    return closer.empty() ? found : closer;
}

bool ImageNames::knows(std::string_view name) const {
    return !candidates(name).empty();
}

std::optional<std::size_t> ImageNames::find(std::string_view name, const std::string& where) const {
    auto found = candidates(name);
    if (found.empty()) return {};
    if (found.size() == 1) return found.front();
    std::sort(found.begin(), found.end());
    user_error("{}: \"{}\" fits {} images, such as {} and {}; expected a name that fits one", where, name, found.size(),
               ids_[found[0]], ids_[found[1]]);
}

ListedImages read_listed_images(const std::filesystem::path& file, const ImageNames& names) {
    ListedImages listed{read_image_list(file, [&](std::string_view name) { return names.knows(name); }), {}, {}, {}};
    std::vector<std::size_t> row_of(names.size(), 0);
    std::vector<std::string> twice;
    for (const auto& entry : listed.list.images) {
        const auto image = names.find(entry.name, listed.list.where(entry));
        if (!image) {
            listed.unknown.push_back(entry);
        } else if (std::size_t& row = row_of[*image]; row != 0) {
            twice.push_back(fmt::format("{} (rows {} and {})", entry.name, row, entry.row));
        } else {
            row = entry.row;
            listed.images.push_back(*image);
            listed.rows.push_back(entry.row);
        }
    }
    if (!twice.empty())
        user_error("{}: {} of {} lines repeat an image, such as {}; expected each image once", listed.list.file,
                   twice.size(), listed.list.images.size(), first_of(twice, 3));
    return listed;
}

void refuse_unknown(const ListedImages& listed, const std::string& dataset, const std::string& advice) {
    if (listed.unknown.empty()) return;
    user_error("{}: {} of {} listed images are not in {}, such as {}; expected ids or file names of its images{}",
               listed.list.file, listed.unknown.size(), listed.list.images.size(), dataset,
               entries_text(listed.unknown), advice);
}

std::string entries_text(const std::vector<ImageList::Entry>& entries, std::size_t shown) {
    std::vector<std::string> texts;
    for (const auto& entry : entries) texts.push_back(fmt::format("{} (row {})", entry.name, entry.row));
    return first_of(texts, shown);
}

std::string digest_of_ids(std::vector<std::string> ids) {
    std::sort(ids.begin(), ids.end());
    return sha256(fmt::format("{}", fmt::join(ids, "\n")));
}

} // namespace mlvicx
