#include "datasets/import.h"

#include "core/error.h"
#include "core/files.h"
#include "datasets/manifest.h"
#include "datasets/nih.h"
#include "datasets/rsna.h"
#include "datasets/siim.h"
#include "datasets/vinbig.h"

#include <fmt/ranges.h>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

std::string needed(const ImportOptions& options, const char* key, std::string value) {
    if (value.empty()) user_error("dataset {} needs {} (--{})", options.importer, key, key);
    return value;
}

DatasetIndex read_layout(const ImportOptions& options, const std::string& layout) {
    const fs::path root = needed(options, "root", options.root), &images = options.images, &metadata = options.metadata;
    if (layout == "nih") return read_nih({root, images, metadata, options.split, options.allow_missing});
    if (layout == "siim") return read_siim({root, images, metadata, options.split, options.allow_missing});
    if (layout == "rsna")
        return read_rsna({root, images, metadata, options.rsna_classes, options.mapping, options.nih_test,
                          options.split, options.allow_missing});
    if (layout == "vinbig")
        return read_vinbig({root, images, metadata, options.readers, options.split, options.allow_missing});
    user_error("unknown dataset \"{}\", expected one of: {}", layout, fmt::join(importers(), ", "));
}

/// Phantom films are read as those whose layout they have. Beside NIH's lie masks/FINDING/ID, which NIH does not have.
DatasetIndex read_phantom(const ImportOptions& options, unsigned threads) {
    const fs::path root = needed(options, "root", options.root);
    if (!fs::exists(root)) write_phantom(options.phantom, root, threads);
    const std::string& layout = options.phantom.layout;
    DatasetIndex index = read_layout(options, layout == "siim_png" ? "siim" : layout);
    index.dataset = layout == "nih" ? "phantom" : "phantom " + layout;
    index.provenance["importer"] = "phantom";
    if (layout != "nih") return index;
    for (const auto& finding : index.classes) {
        const fs::path folder = root / "masks" / finding;
        if (!fs::is_directory(folder)) continue;
        index.mask_names.push_back(finding);
        for (Film& film : index.films)
            film.masks.push_back(fs::exists(folder / film.id) ? Mask{{folder / film.id}, {}, {}} : Mask());
    }
    return index;
}

} // namespace

const std::vector<std::string>& importers() {
    static const std::vector<std::string> names = {"nih", "rsna", "siim", "vinbig", "manifest", "phantom"};
    return names;
}

void fields(Fields& f, ImportOptions& options) {
    f.field("importer", options.importer, importers());
    f.field("root", options.root);
    f.field("images", options.images);
    f.field("metadata", options.metadata);
    f.field("manifest", options.manifest);
    f.field("labels", options.labels);
    f.field("patient_column", options.patient_column);
    f.field("rsna_classes", options.rsna_classes, {"target", "detailed"});
    f.field("mapping", options.mapping);
    f.field("nih_test", options.nih_test);
    f.field("readers", options.readers, {"any", "majority", "unanimous"});
    f.group("split", [&](Fields& inner) { fields(inner, options.split); });
    f.field("allow_missing", options.allow_missing);
    f.field("skip_bad", options.skip_bad);
    f.field("size", options.size, between(8, 4096));
    f.field("window", options.window, {"auto", "full", "file"});
    f.group("phantom", [&](Fields& inner) { fields(inner, options.phantom); });
}

DatasetIndex import_dataset(const ImportOptions& options, unsigned threads) {
    if (options.importer == "phantom") return read_phantom(options, threads);
    if (options.importer == "manifest")
        return read_manifest({needed(options, "manifest", options.manifest), options.labels, options.patient_column,
                              options.split, options.allow_missing, options.root});
    return read_layout(options, options.importer);
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
