#include "datasets/import.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/importers/importer_table.h"

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// The path that the importer requires; empty if it is not given.
std::string needed_path(const ImporterEntry& entry, ImportOptions options) {
    std::string needed;
    each_path([&](Fields& f) { fields(f, options); },
              [&](const std::string& key, const std::string& path) {
                  if (key == entry.starts_at) needed = path;
              });
    return needed;
}

} // namespace

ImportOptions::ImportOptions() {
    for (const auto& entry : importer_table()) of_importers.push_back(entry.own);
}

std::vector<std::string> importers() {
    std::vector<std::string> names;
    for (const auto& entry : importer_table()) names.push_back(entry.name);
    return names;
}

void common_fields(Fields& f, ImportOptions& options) {
    f.field({"importer", "Which dataset", FieldKey::value, "--dataset"}, options.importer, importers());
    fields(f, static_cast<SourceOptions&>(options));
    f.field({"skip_bad", "Leave out and list images that are corrupt or of a single value"}, options.skip_bad);
    f.field({"size", "Pixels of the square prepared image"}, options.size, between(8, 4096));
    f.field({"window", "Value range of DICOM and deep PNG that becomes 0..255. auto: full range for 8 bits, 0.5 to "
                       "99.5 percentile for more; full: full range; file: the file's own window"},
            options.window, {"auto", "full", "file"});
}

void fields(Fields& f, ImportOptions& options) {
    common_fields(f, options);
    for (std::size_t i = 0; i < importer_table().size(); ++i) importer_table()[i].fields(f, options.of_importers[i]);
}

fs::path starting_point(const ImportOptions& options) {
    const ImporterEntry& entry = importer_entry(options.importer);
    return entry.starts_at == "root" ? options.table_folder() : fs::path(needed_path(entry, options));
}

DatasetIndex import_dataset(const ImportOptions& options, unsigned threads) {
    const ImporterEntry& entry = importer_entry(options.importer);
    if (needed_path(entry, options).empty())
        user_error("dataset {} needs {} (--{})", entry.name, entry.starts_at, entry.starts_at);
    require_lists(options.split);
    return entry.read(options, threads);
}

PrepareOptions prepare_options(const ImportOptions& options, unsigned threads) {
    PrepareOptions preparing;
    preparing.size = static_cast<int>(options.size);
    preparing.threads = threads;
    preparing.skip_bad = options.skip_bad;
    preparing.window = window_from(options.window);
    if (options.split.keep_copies_together) preparing.copies_together = options.split;
    return preparing;
}

PrepareReport prepare_dataset(const ImportOptions& options, const fs::path& out, unsigned threads) {
    require_writable_folder(out.has_parent_path() ? out.parent_path() : fs::path("."));
    return prepare(import_dataset(options, threads), prepare_options(options, threads), out);
}

} // namespace mlvicx
