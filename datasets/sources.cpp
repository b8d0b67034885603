#include "datasets/sources.h"

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>

namespace mlvicx {

namespace fs = std::filesystem;

ImageFolder::ImageFolder(const fs::path& root) {
    if (!fs::is_directory(root)) user_error("{}: no such folder, expected one that holds images", root.string());
    for (const auto& entry : fs::directory_iterator(root))
        if (entry.path().filename().string().starts_with("images_") && fs::is_directory(entry.path() / "images"))
            folders_.push_back(entry.path() / "images");
    std::sort(folders_.begin(), folders_.end());
    if (fs::is_directory(root / "images")) folders_.push_back(root / "images");
    folders_.push_back(root);
    for (std::size_t folder = 0; folder < folders_.size(); ++folder)
        for (const auto& entry : fs::directory_iterator(folders_[folder]))
            names_.emplace(entry.path().filename().string(), folder);
}

fs::path ImageFolder::find(std::string_view name) const {
    const auto found = names_.find(std::string(name));
    return found == names_.end() ? fs::path() : folders_[found->second] / found->first;
}

ImageTree::ImageTree(const fs::path& root) {
    if (!fs::is_directory(root)) user_error("{}: no such folder, expected one that holds images", root.string());
    std::error_code error;
    constexpr auto links = fs::directory_options::follow_directory_symlink;
    for (fs::recursive_directory_iterator at(root, links, error), end; !error && at != end; at.increment(error)) {
        std::string extension = at->path().extension().string();
        std::transform(extension.begin(), extension.end(), extension.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (const char* image : {".dcm", ".dicom", ".png", ".jpg", ".jpeg"})
            if (extension == image) files_.emplace(at->path().stem().string(), at->path());
    }
    if (error) user_error("{}: cannot be read: {}", root.string(), error.message());
}

fs::path ImageTree::find(std::string_view id) const {
    const auto [first, end] = files_.equal_range(std::string(id));
    if (first == end) return {};
    if (const auto second = std::next(first); second != end)
        user_error(
            "film {} is there twice, as {} and as {}; expected one: --images (images in a plan) names the folder "
            "of images",
            id, std::min(first->second, second->second).string(), std::max(first->second, second->second).string());
    return first->second;
}

void remove_films(DatasetIndex& index, const std::function<bool(const Film&)>& unwanted) {
    constexpr std::size_t gone = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> place(index.films.size(), gone);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < index.films.size(); ++i)
        if (!unwanted(index.films[i])) place[i] = kept++;
    std::erase_if(index.films, unwanted);
    std::erase_if(index.boxes, [&](const Box& box) { return place[box.film] == gone; });
    for (Box& box : index.boxes) box.film = place[box.film];
}

void leave_out_missing(DatasetIndex& index, bool allow, const fs::path& looked_in) {
    constexpr std::size_t shown = 5;
    const auto missing = [](const Film& film) { return film.image.empty(); };
    std::vector<std::string> names;
    for (const Film& film : index.films)
        if (missing(film)) names.push_back(film.id);
    const std::size_t count = names.size(), all = index.films.size();
    if (count == 0) return;
    names.resize(std::min(count, shown));
    if (!allow || count == all)
        user_error("{}: {} of {} images are missing, first {}{}", looked_in.string(), count, all,
                   fmt::join(names, ", "),
                   count == all ? "" : "; --allow-missing (allow_missing in a plan) goes on without them");
    remove_films(index, missing);
    index.provenance["missing"] = {{"count", count}, {"first", json::value_from(names)}};
}

void find_images(DatasetIndex& index, const fs::path& folder, bool allow_missing) {
    const ImageTree found(folder);
    for (Film& film : index.films) film.image = found.find(film.id);
    leave_out_missing(index, allow_missing, folder);
}

std::unordered_map<std::string_view, std::size_t> positions(const DatasetIndex& index) {
    std::unordered_map<std::string_view, std::size_t> result;
    result.reserve(index.films.size());
    for (std::size_t i = 0; i < index.films.size(); ++i)
        if (!result.emplace(index.films[i].id, i).second)
            user_error("{}: film {} is named twice, expected each film once", index.dataset, index.films[i].id);
    return result;
}

fs::path one_of(const fs::path& folder, const std::vector<std::string>& names) {
    if (!fs::is_directory(folder))
        user_error("{}: no such folder, expected one that holds {}", folder.string(), names[0]);
    std::vector<std::string> found;
    for (const auto& name : names)
        if (fs::is_regular_file(folder / name)) found.push_back(name);
    if (found.size() != 1)
        user_error("{}: expected one of {}, found {}", folder.string(), fmt::join(names, ", "),
                   found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", ")));
    return folder / found.front();
}

void record_source(DatasetIndex& index, const fs::path& file) {
    json::object& sources = index.provenance["sources"].is_object() ? index.provenance["sources"].as_object()
                                                                    : index.provenance["sources"].emplace_object();
    sources[file.filename().string()] = sha256(read_text(file));
}

} // namespace mlvicx
