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
    bool skip_bad = false;             ///< leave corrupt images out and list them instead of stopping
    Window window = Window::automatic; ///< of DICOM and of images of more than 8 bits
    std::optional<SplitOptions> copies_together = std::nullopt; ///< keep_copies_together in this split by patient
};

struct PrepareReport {
    std::int64_t images = 0;
    std::vector<std::string> bad; ///< "id: reason" of the images left out
    json::object notes;           ///< what should be known of images and masks, see count_notes
    double seconds = 0;
    std::string fingerprint;
};

/// Decodes every image on all cores into one prepared dataset (see prepared.h). The file appears complete or not at
/// all. Records the image files as they are (record_of_files).
PrepareReport prepare(const DatasetIndex& index, const PrepareOptions& options, const std::filesystem::path& out);

} // namespace mlvicx
