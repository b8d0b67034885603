#include "datasets/source_record.h"

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

#include <sys/stat.h>

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_of(const ImageEntry& image) {
    std::vector<fs::path> files = {image.file};
    for (const Mask& mask : image.masks) files.insert(files.end(), mask.files.begin(), mask.files.end());
    return files;
}

const json::object* object_in(const json::object& from, const char* key) {
    const auto* found = from.if_contains(key);
    return found ? found->if_object() : nullptr;
}

std::string text_in(const json::object& from, const char* key) {
    const auto* found = from.if_contains(key);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

const json::object* recorded_files(const PreparedDataset& prepared) {
    const auto* how = object_in(prepared.provenance(), "prepared");
    return how ? object_in(*how, "files") : nullptr;
}

/// Whether none of the files that the record names exist any more.
bool files_are_gone(const json::object* record) {
    const auto* some = record ? record->if_contains("some") : nullptr;
    if (!some || !some->is_array()) return false;
    return std::none_of(some->get_array().begin(), some->get_array().end(), [](const json::value& path) {
        std::error_code ignored;
        return path.is_string() && fs::exists(fs::path(std::string(path.get_string())), ignored);
    });
}

/// Whether nothing is left of what the import would start from.
bool sources_are_gone(const ImportOptions& options) {
    std::error_code ignored;
    return !fs::exists(starting_point(options), ignored);
}

std::string changed_clause(const std::vector<std::string>& names) {
    return names.empty() ? "" : fmt::format("{} changed", fmt::join(names, " and "));
}

} // namespace

json::object record_of_files(const DatasetIndex& index) {
    Sha256 digest;
    std::size_t files = 0;
    for (const ImageEntry& image : index.images)
        for (const fs::path& file : files_of(image)) {
            struct stat found = {};
            const bool there = ::stat(file.c_str(), &found) == 0;
            const auto time = there ? fmt::format("{}.{:09}", found.st_mtim.tv_sec, found.st_mtim.tv_nsec) : "absent";
            digest.add(fmt::format("{}\n{}\n{}\n{}\n", image.id, file.filename().string(),
                                   there ? static_cast<std::int64_t>(found.st_size) : -1, time));
            ++files;
        }
    json::array some;
    if (!index.images.empty())
        for (const std::size_t i : {std::size_t{0}, index.images.size() / 2, index.images.size() - 1})
            some.emplace_back(fs::absolute(index.images[i].file).string());
    return {{"files", files}, {"digest", digest.hex()}, {"some", some}};
}

std::string changed_sources(const PreparedDataset& prepared, const ImportOptions& options, unsigned threads) {
    const auto* record = recorded_files(prepared);
    if (sources_are_gone(options)) return {};
    json::object sources, files;
    try {
        const DatasetIndex index = import_dataset(options, threads);
        if (const auto* found = object_in(index.provenance, "sources")) sources = *found;
        files = record_of_files(index);
    } catch (const UserError& error) {
        if (files_are_gone(record) || !record) return {};
        user_error("{}; the dataset was prepared from other sources before ({}): --trust-prepared uses it unchanged",
                   error.what(), prepared.file().string());
    }
    std::vector<std::string> changed;
    const auto* before = object_in(prepared.provenance(), "sources");
    for (const auto& item : sources)
        if (!before || !before->contains(item.key()) || before->at(item.key()) != item.value())
            changed.emplace_back(item.key());
    if (record && record->contains("digest") && files.at("digest") != record->at("digest"))
        changed.emplace_back("images or masks");
    return changed_clause(changed);
}

std::string changed_tables(const PreparedDataset& prepared) {
    const auto& provenance = prepared.provenance();
    const auto* sources = object_in(provenance, "sources");
    if (!sources) return {};
    std::vector<std::string> changed;
    for (const auto& item : *sources) {
        const std::string name(item.key());
        for (const fs::path& place :
             {fs::path(text_in(provenance, "file")), text_in(provenance, "metadata") / fs::path(name),
              text_in(provenance, "root") / fs::path(name)}) {
            std::error_code ignored;
            if (place.filename() != fs::path(name).filename() || !fs::is_regular_file(place, ignored)) continue;
            if (json::value(sha256(read_text(place))) != item.value()) changed.push_back(place.string());
            break;
        }
    }
    if (const auto* lists = object_in(provenance, "lists"))
        for (const auto& item : *lists) {
            const auto* list = item.value().if_object();
            const fs::path file = list ? text_in(*list, "file") : std::string();
            const auto* before = list ? sources->if_contains(text_in(*list, "source")) : nullptr;
            std::error_code ignored;
            if (before && fs::is_regular_file(file, ignored) && json::value(sha256(read_text(file))) != *before)
                changed.push_back(file.string());
        }
    return changed_clause(changed);
}

} // namespace mlvicx
