#include "datasets/import.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/manifest.h"
#include "datasets/nih.h"

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

const std::string& needed(const ImportOptions& options, const char* key, const std::string& value) {
    if (value.empty()) user_error("dataset {} needs {} (--{})", options.importer, key, key);
    return value;
}

NihOptions nih_options(const ImportOptions& options) {
    return {needed(options, "root", options.root), options.images, options.metadata, options.split,
            options.allow_missing};
}

/// Phantom films are read as NIH's are; beside them lie masks/FINDING/ID, which NIH does not have.
DatasetIndex read_phantom(const ImportOptions& options, unsigned threads) {
    const fs::path root = needed(options, "root", options.root);
    if (!fs::exists(root)) write_phantom(options.phantom, root, threads);
    DatasetIndex index = read_nih(nih_options(options));
    index.dataset = "phantom";
    index.provenance["importer"] = "phantom";
    for (const auto& finding : index.classes) {
        const fs::path folder = root / "masks" / finding;
        if (!fs::is_directory(folder)) continue;
        index.mask_names.push_back(finding);
        for (Film& film : index.films)
            film.masks.push_back(fs::exists(folder / film.id) ? folder / film.id : fs::path());
    }
    return index;
}

} // namespace

void fields(Fields& f, ImportOptions& options) {
    f.field("importer", options.importer, {"nih", "manifest", "phantom"});
    f.field("root", options.root);
    f.field("images", options.images);
    f.field("metadata", options.metadata);
    f.field("manifest", options.manifest);
    f.field("labels", options.labels);
    f.group("split", [&](Fields& inner) { fields(inner, options.split); });
    f.field("allow_missing", options.allow_missing);
    f.field("skip_bad", options.skip_bad);
    f.field("size", options.size, between(8, 4096));
    f.field("window", options.window, {"auto", "full", "file"});
    f.group("phantom", [&](Fields& inner) { fields(inner, options.phantom); });
}

DatasetIndex import_dataset(const ImportOptions& options, unsigned threads) {
    if (options.importer == "nih") return read_nih(nih_options(options));
    if (options.importer == "phantom") return read_phantom(options, threads);
    if (options.importer == "manifest")
        return read_manifest(
            {needed(options, "manifest", options.manifest), options.labels, options.split, options.allow_missing});
    user_error("unknown dataset \"{}\", expected nih, manifest or phantom", options.importer);
}

PrepareReport prepare_dataset(const ImportOptions& options, const fs::path& out, unsigned threads) {
    require_writable_folder(out.has_parent_path() ? out.parent_path() : fs::path("."));
    return prepare(import_dataset(options, threads),
                   {static_cast<int>(options.size), threads, options.skip_bad, window_from(options.window)}, out);
}

} // namespace mlvicx
