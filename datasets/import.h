#pragma once

#include "datasets/importers/source_options.h"
#include "datasets/prepare.h"

#include <any>
#include <string>
#include <vector>

namespace mlvicx {

/// Everything needed to turn original files into a prepared dataset, as given by a plan's `datasets` entry or by the
/// options of `mlvicx-bench prepare`. Relative paths are relative to the working directory.
struct ImportOptions : SourceOptions {
    std::string importer = "nih";       ///< one of importers()
    bool skip_bad = false;              ///< leave out corrupt images
    std::int64_t size = 224;            ///< pixels of the square prepared image
    std::string window = "auto";        ///< of DICOM images: auto, full, file (see Window)
    std::vector<std::any> of_importers; ///< one per row of the importer table: the options specific to it

    ImportOptions();
    /// The specific options of this type.
    template <typename Own> Own& own() {
        for (auto& options : of_importers)
            if (auto* found = std::any_cast<Own>(&options)) return *found;
        throw std::bad_any_cast();
    }
    template <typename Own> const Own& own() const { return const_cast<ImportOptions*>(this)->own<Own>(); }
};

/// The names in the importer table.
std::vector<std::string> importers();

/// Keys: importer, skip_bad, size, window and those of SourceOptions.
void common_fields(Fields& f, ImportOptions& options);
/// Those and the specific options of all importers.
void fields(Fields& f, ImportOptions& options);

/// The file or folder that an import starts from: the CSV of a manifest, else the folder of tables.
std::filesystem::path starting_point(const ImportOptions& options);

/// Reads the dataset's tables; no pixels yet. Importer "phantom" writes the images first if `root` does not exist.
/// Throws UserError if an option that the importer needs is missing, and as the importers do.
DatasetIndex import_dataset(const ImportOptions& options, unsigned threads = 0);

/// The options for `prepare`.
PrepareOptions prepare_options(const ImportOptions& options, unsigned threads = 0);

/// import_dataset followed by prepare: from original files to the prepared file `out`. Checks that `out` can be written
/// before anything is read or decoded.
PrepareReport prepare_dataset(const ImportOptions& options, const std::filesystem::path& out, unsigned threads = 0);

} // namespace mlvicx
