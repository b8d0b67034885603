#include "datasets/importers/sources.h"

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/image_files.h"
#include "datasets/text/text_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// The file's name without suffix, below so many of its folders.
std::string id_of(const fs::path& file, std::size_t folders) {
    std::string id = file.stem().string();
    for (fs::path folder = file.parent_path(); folders > 0; --folders, folder = folder.parent_path())
        id.insert(0, folder.filename().string() + "/");
    return id;
}

} // namespace

ImageTree::ImageTree(const fs::path& root, std::vector<fs::path> usual, std::size_t folders)
    : root_(root), usual_(std::move(usual)) {
    if (!fs::is_directory(root)) user_error("{}: no such folder, expected a folder of images", root.string());
    std::error_code error;
    constexpr auto links = fs::directory_options::follow_directory_symlink;
    for (fs::recursive_directory_iterator at(root, links, error), end; !error && at != end; at.increment(error)) {
        if (has_image_suffix(at->path())) files_.emplace(id_of(at->path(), folders), at->path());
    }
    if (error) user_error("{}: cannot be read: {}", root.string(), error.message());
}

std::size_t ImageTree::rank(const fs::path& file, std::string_view name) const {
    const auto folder = std::find(usual_.begin(), usual_.end(), file.parent_path()) - usual_.begin();
    return 2 * static_cast<std::size_t>(folder) + (file.filename() == name ? 0 : 1);
}

fs::path ImageTree::find(std::string_view id, std::string_view name) const {
    const auto [first, end] = files_.equal_range(std::string(id));
    if (first == end) return {};
    std::vector<fs::path> best;
    for (auto at = first; at != end; ++at) {
        const std::size_t here = rank(at->second, name), before = best.empty() ? here : rank(best.front(), name);
        if (here < before) best.clear();
        if (here <= before) best.push_back(at->second);
    }
    if (best.size() > 1) {
        std::sort(best.begin(), best.end());
        user_error("image {} exists twice, as {} and as {}; expected one: choose the folder of images with --images "
                   "(images in a plan)",
                   id, best[0].string(), best[1].string());
    }
    return best.front();
}

std::string ImageTree::tried(std::string_view id) const {
    return fmt::format("{} (or .jpg, .jpeg, .dcm, .dicom), here and in all subfolders",
                       (fs::absolute(root_) / fmt::format("{}.png", id)).lexically_normal().string());
}

std::string tried_path(const fs::path& file) {
    const fs::path full = fs::absolute(file).lexically_normal();
    std::error_code error;
    std::string found = "not found";
    if (file.string().find("://") != std::string::npos) {
        found = "a URL, expected a file on this machine";
    } else if (fs::is_directory(full, error)) {
        found = "a folder";
    } else if (fs::exists(full, error)) {
        found = "not a regular file";
    } else if (fs::is_symlink(full, error)) {
        found = "a dangling link";
    } else if (fs::is_directory(full.parent_path(), error)) {
        for (const auto& entry : fs::directory_iterator(full.parent_path(), error)) {
            const fs::path name = entry.path().filename();
            if (lower(name.string()) == lower(full.filename().string()) || name.stem() == full.filename())
                found = fmt::format("not found, but {} exists", name.string());
        }
    } else {
        found = "neither it nor its folder exists";
    }
    return fmt::format("{} ({})", full.string(), found);
}

void remove_images(DatasetIndex& index, const std::function<bool(const ImageEntry&)>& unwanted) {
    constexpr std::size_t gone = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> place(index.images.size(), gone);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < index.images.size(); ++i)
        if (!unwanted(index.images[i])) place[i] = kept++;
    std::erase_if(index.images, unwanted);
    std::erase_if(index.boxes, [&](const Box& box) { return place[box.image] == gone; });
    for (Box& box : index.boxes) box.image = place[box.image];
}

namespace {

/// "2 of 8 images are missing, first A, B; tried PATH"; empty if none are.
std::string missing_sentence(const DatasetIndex& index, const std::vector<MissingFile>& missing, bool masks) {
    std::size_t all = masks ? 0 : index.images.size(), count = 0;
    if (masks)
        for (const ImageEntry& image : index.images)
            for (const Mask& mask : image.masks) all += mask.files.size();
    std::vector<std::string> images;
    std::string tried;
    for (const MissingFile& file : missing) {
        if (file.is_mask != masks) continue;
        const std::string& id = index.images[file.image].id;
        if (images.empty() || images.back() != id) images.push_back(id);
        if (count++ == 0) tried = file.tried;
    }
    if (count == 0) return {};
    images.resize(std::min<std::size_t>(images.size(), 5));
    return fmt::format("{} of {} {} are missing, first {}{}; tried {}", count, all, masks ? "masks" : "images",
                       masks ? "of " : "", fmt::join(images, ", "), tried);
}

} // namespace

void leave_out_missing(DatasetIndex& index, const std::vector<MissingFile>& missing, bool allow,
                       const fs::path& looked_in, const std::string& hint) {
    if (missing.empty()) return;
    std::unordered_set<std::string> gone;
    std::vector<std::string> first;
    for (const MissingFile& file : missing)
        if (const auto& id = index.images[file.image].id; gone.insert(id).second && first.size() < 5)
            first.push_back(id);
    std::string sentence = missing_sentence(index, missing, false);
    const std::string masks = missing_sentence(index, missing, true);
    sentence += (sentence.empty() || masks.empty() ? "" : "; ") + masks;
    const std::string name = printable_utf8(looked_in.string());
    const bool all = gone.size() == index.images.size();
    if (!allow || all)
        user_error("{}: {}{}{}", name, sentence, hint,
                   all ? "" : "; --allow-missing (allow_missing in a plan) continues without these images");
    say("{}: {}; images left out: {}", name, sentence, gone.size());
    remove_images(index, [&](const ImageEntry& image) { return gone.contains(image.id); });
    index.provenance["missing"] = {{"count", gone.size()}, {"first", json::value_from(first)}};
}

void find_images(DatasetIndex& index, const fs::path& folder, bool allow_missing) {
    const ImageTree found(folder);
    std::vector<MissingFile> missing;
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        ImageEntry& image = index.images[i];
        image.file = found.find(image.id);
        if (image.file.empty()) missing.push_back({i, false, found.tried(image.id)});
    }
    leave_out_missing(index, missing, allow_missing, folder);
}

void say_patients_unknown(DatasetIndex& index, const std::string& name, const std::string& hint) {
    say("{}: every image counts as its own patient; one person may be in both training and test{}", name, hint);
    index.provenance["patients"] = "every image counts as its own; one person may be in both training and test";
}

std::unordered_map<std::string_view, std::size_t> positions(const DatasetIndex& index) {
    std::unordered_map<std::string_view, std::size_t> result;
    result.reserve(index.images.size());
    for (std::size_t i = 0; i < index.images.size(); ++i)
        if (!result.emplace(index.images[i].id, i).second)
            user_error("{}: duplicate image {}, expected each image once", index.dataset, index.images[i].id);
    return result;
}

fs::path one_of(const fs::path& folder, const std::vector<std::string>& names) {
    if (!fs::is_directory(folder))
        user_error("{}: no such folder, expected a folder with {}", folder.string(), names[0]);
    std::vector<std::string> found;
    for (const auto& name : names)
        if (fs::is_regular_file(folder / name)) found.push_back(name);
    if (found.size() != 1)
        user_error("{}: expected one of {}, found {}", folder.string(), fmt::join(names, ", "),
                   found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", ")));
    return folder / found.front();
}

void record_source(DatasetIndex& index, const fs::path& file, const std::string& name) {
    json::object& sources = index.provenance["sources"].is_object() ? index.provenance["sources"].as_object()
                                                                    : index.provenance["sources"].emplace_object();
    sources[printable_utf8(name.empty() ? file.filename().string() : name)] = sha256(read_text(file));
}

} // namespace mlvicx
