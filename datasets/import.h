#pragma once

#include "datasets/importers/source_options.h"
#include "datasets/prepare.h"

#include <any>
#include <string>
#include <vector>

namespace mlvicx {

/// All that turns original files into a prepared dataset, as named by a plan's `datasets` entry or by the options of
/// `mlvicx-bench prepare`. Paths are taken as they stand (relative ones: to the working folder).
struct ImportOptions : SourceOptions {
    std::string importer = "nih";       ///< one of importers()
    bool skip_bad = false;              ///< leave out images whose image is corrupt
    std::int64_t size = 224;            ///< pixels of the square prepared image
    std::string window = "auto";        ///< of DICOM images: auto, full, file (see Window)
    std::vector<std::any> of_importers; ///< one for each row of the importer table: the options that it alone takes

    ImportOptions();
    /// Those of the importer whose options are of this type.
    template <typename Own> Own& own() {
        for (auto& options : of_importers)
            if (auto* found = std::any_cast<Own>(&options)) return *found;
        throw std::bad_any_cast();
    }
    template <typename Own> const Own& own() const { return const_cast<ImportOptions*>(this)->own<Own>(); }
};

/// The names of the importer table.
std::vector<std::string> importers();

/// Keys: importer, skip_bad, size, window and those of SourceOptions.
void common_fields(Fields& f, ImportOptions& options);
/// Those and the own ones of all importers.
void fields(Fields& f, ImportOptions& options);

/// The file or folder that an import begins with: of a manifest its CSV, else the folder of tables.
std::filesystem::path starting_point(const ImportOptions& options);

/// Reads the dataset's tables; no pixels yet. Importer "phantom" writes the images first where `root` does not exist.
/// Throws UserError for an option that the importer needs and lacks, and as the importers do.
DatasetIndex import_dataset(const ImportOptions& options, unsigned threads = 0);

/// How the imported images become a prepared file.
PrepareOptions prepare_options(const ImportOptions& options, unsigned threads = 0);

/// import_dataset and prepare in one: from original files to the prepared file `out`. That `out` can be written is
/// checked before anything is read or decoded.
PrepareReport prepare_dataset(const ImportOptions& options, const std::filesystem::path& out, unsigned threads = 0);

} // namespace mlvicx
