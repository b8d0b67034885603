#include "datasets/importers/importer_table.h"

#include "core/error.h"
#include "datasets/import.h"
#include "datasets/importers/chexpert.h"
#include "datasets/importers/kermany.h"
#include "datasets/importers/manifest.h"
#include "datasets/importers/mimic.h"
#include "datasets/importers/nih.h"
#include "datasets/importers/rsna.h"
#include "datasets/importers/siim.h"
#include "datasets/importers/vinbig/vinbig.h"
#include "datasets/phantom/import.h"
#include "datasets/phantom/phantom.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// The row of an importer without options of its own.
ImporterEntry row(std::string name, std::string about, DatasetIndex (*read)(const SourceOptions&)) {
    return {std::move(name),
            std::move(about),
            {},
            [](Fields&, std::any&) {},
            [read](const ImportOptions& options, unsigned) { return read(options); }};
}

template <typename Own>
ImporterEntry row(std::string name, std::string about, DatasetIndex (*read)(const SourceOptions&, const Own&)) {
    return {std::move(name), std::move(about), Own(),
            [](Fields& f, std::any& own) { fields(f, std::any_cast<Own&>(own)); },
            [read](const ImportOptions& options, unsigned) { return read(options, options.own<Own>()); }};
}

/// The row of an importer that takes, besides its own options, those of the row `shares`.
template <typename Own, typename Shared>
ImporterEntry row(std::string name, std::string about,
                  DatasetIndex (*read)(const SourceOptions&, const Own&, const Shared&), std::string shares) {
    ImporterEntry entry{std::move(name), std::move(about), Own(),
                        [](Fields& f, std::any& own) { fields(f, std::any_cast<Own&>(own)); },
                        [read](const ImportOptions& options, unsigned) {
                            return read(options, options.own<Own>(), options.own<Shared>());
                        }};
    entry.shares = std::move(shares);
    return entry;
}

ImporterEntry manifest_row() {
    ImporterEntry entry = row("manifest", "your own images, listed in a CSV file", read_manifest);
    entry.starts_at = "manifest";
    entry.may_name_splits = true;
    return entry;
}

ImporterEntry phantom_row() {
    ImporterEntry entry{"phantom", "synthetic images, in the layout of one of the others", PhantomOptions(),
                        [](Fields& f, std::any& own) {
                            f.group("phantom",
                                    [&](Fields& inner) { fields(inner, std::any_cast<PhantomOptions&>(own)); });
                        },
                        read_phantom};
    entry.makes_root = true;
    return entry;
}

} // namespace

const std::vector<ImporterEntry>& importer_table() {
    static const std::vector<ImporterEntry> table = {
        row("nih", "NIH ChestX-ray14", read_nih),
        row("rsna", "RSNA Pneumonia Detection Challenge", read_rsna),
        row("siim", "SIIM-ACR Pneumothorax Segmentation", read_siim),
        row("vinbig", "VinBig-CXR (VinDr-CXR)", read_vinbig),
        row("chexpert", "CheXpert", read_chexpert),
        row("mimic", "MIMIC-CXR-JPG", read_mimic, "chexpert"),
        row("kermany", "Kermany's paediatric chest X-rays", read_kermany),
        manifest_row(),
        phantom_row(),
    };
    return table;
}

const ImporterEntry& importer_entry(const std::string& name) {
    const auto& table = importer_table();
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.name == name; });
    if (found == table.end())
        user_error("unknown dataset \"{}\", expected one of: {}", name, fmt::join(importers(), ", "));
    return *found;
}

} // namespace mlvicx
