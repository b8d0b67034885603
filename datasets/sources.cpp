#include "datasets/sources.h"

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

#include <fmt/ranges.h>

#include <algorithm>

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
    std::erase_if(index.films, missing);
    index.provenance["missing"] = {{"count", count}, {"first", json::value_from(names)}};
}

std::unordered_map<std::string_view, std::size_t> positions(const DatasetIndex& index) {
    std::unordered_map<std::string_view, std::size_t> result;
    result.reserve(index.films.size());
    for (std::size_t i = 0; i < index.films.size(); ++i)
        if (!result.emplace(index.films[i].id, i).second)
            user_error("{}: film {} is named twice, expected each film once", index.dataset, index.films[i].id);
    return result;
}

void record_source(DatasetIndex& index, const fs::path& file) {
    json::object& sources = index.provenance["sources"].is_object() ? index.provenance["sources"].as_object()
                                                                    : index.provenance["sources"].emplace_object();
    sources[file.filename().string()] = sha256(read_text(file));
}

} // namespace mlvicx
