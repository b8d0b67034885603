#pragma once

#include "datasets/dicom/dicom.h"
#include "datasets/index.h"
#include "datasets/split.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

struct PrepareOptions {
    int size = 224;                    ///< pixels of the square prepared image
    unsigned threads = 0;              ///< 0: all cores
    bool skip_bad = false;             ///< leave out and list corrupt images instead of stopping
    Window window = Window::automatic; ///< for DICOM and images of more than 8 bits
    std::optional<SplitOptions> copies_together = std::nullopt; ///< apply keep_copies_together to this split by patient
    std::size_t piece = 0; ///< images that are decoded before they count as done; 0: by their size
};

struct PrepareReport {
    std::int64_t images = 0;
    std::vector<std::string> bad; ///< "id: reason" of the images left out
    json::object notes;           ///< remarks on images and masks, see count_notes
    double seconds = 0;
    std::string fingerprint;
};

/// Decodes every image on all cores into one prepared dataset (see prepared.h). The file appears complete or not at
/// all. Records the state of the image files (record_of_files).
///
/// Images are decoded in pieces. After a run that was killed, interrupted or stopped by an error, a run with the same
/// options on the same files goes on after the last finished piece (`out`.unfinished, prepare_journal.h), and the file
/// has the same bytes; any other run begins anew. A dataset of a single piece leaves nothing behind. A second process
/// waits for the first.
PrepareReport prepare(DatasetIndex index, const PrepareOptions& options, const std::filesystem::path& out);

} // namespace mlvicx
