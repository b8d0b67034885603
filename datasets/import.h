#pragma once

#include "datasets/phantom.h"
#include "datasets/prepare.h"
#include "datasets/split.h"

#include <string>
#include <vector>

namespace mlvicx {

/// All that turns original files into a prepared dataset, as named by a plan's `datasets` entry or by the options of
/// `mlvicx-bench prepare`. Paths are taken as they stand (relative ones: to the working folder).
struct ImportOptions {
    std::string importer = "nih";        ///< one of importers()
    std::string root;                    ///< the dataset's folder; phantom generates it where it is absent
    std::string images;                  ///< a folder of images elsewhere
    std::string metadata;                ///< a folder with CSV and lists elsewhere
    std::string manifest;                ///< manifest: the CSV
    std::vector<std::string> labels;     ///< manifest: label columns; empty: all that hold labels only
    std::string patient_column;          ///< manifest: the column that names the patient; empty: by its name
    std::string rsna_classes = "target"; ///< rsna: target or detailed
    std::string mapping;                 ///< rsna: RSNA's file of NIH images; empty: none
    std::string nih_test;             ///< rsna: NIH's folder of lists, to take only its test images; empty: all films
    std::string readers = "majority"; ///< vinbig: any, majority or unanimous
    SplitOptions split;
    bool allow_missing = false;  ///< leave out films whose image is missing
    bool skip_bad = false;       ///< leave out films whose image is corrupt
    std::int64_t size = 224;     ///< pixels of the square prepared image
    std::string window = "auto"; ///< of DICOM films: auto, full, file (see Window)
    PhantomOptions phantom;
};

/// nih, rsna, siim, vinbig, manifest, phantom (synthetic films, read by the importer of their layout).
const std::vector<std::string>& importers();

/// Keys: importer, root, images, metadata, manifest, labels, patient_column, rsna_classes, mapping, nih_test, readers,
/// split {kind, seed, validation, test, keep_copies_together}, allow_missing, skip_bad, size, window, phantom {...}.
void fields(Fields& f, ImportOptions& options);

/// Reads the dataset's tables; no pixels yet. Importer "phantom" writes the films first where `root` does not exist.
/// Throws UserError for an option that the importer needs and lacks, and as the importers do.
DatasetIndex import_dataset(const ImportOptions& options, unsigned threads = 0);

/// How the imported images become a prepared file.
PrepareOptions prepare_options(const ImportOptions& options, unsigned threads = 0);

/// import_dataset and prepare in one: from original files to the prepared file `out`. That `out` can be written is
/// checked before anything is read or decoded.
PrepareReport prepare_dataset(const ImportOptions& options, const std::filesystem::path& out, unsigned threads = 0);

} // namespace mlvicx
