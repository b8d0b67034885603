#include "datasets/phantom/import.h"

#include "datasets/phantom/phantom.h"

namespace mlvicx {

namespace fs = std::filesystem;

DatasetIndex read_phantom(const ImportOptions& options, unsigned threads) {
    const fs::path root = options.root;
    const auto& phantom = options.own<PhantomOptions>();
    if (!fs::exists(root)) write_phantom(phantom, root, threads);
    const std::string& layout = phantom.layout;
    ImportOptions original = options;
    original.importer = layout == "siim_png" ? "siim" : layout;
    DatasetIndex index = import_dataset(original, threads);
    index.dataset = layout == "nih" ? "phantom" : "phantom " + layout;
    index.provenance["importer"] = "phantom";
    if (layout != "nih") return index;
    for (const auto& finding : index.classes) {
        const fs::path folder = root / "masks" / finding;
        if (!fs::is_directory(folder)) continue;
        index.mask_names.push_back(finding);
        for (ImageEntry& image : index.images)
            image.masks.push_back(fs::exists(folder / image.id) ? Mask{{folder / image.id}, {}, {}} : Mask());
    }
    return index;
}

} // namespace mlvicx
