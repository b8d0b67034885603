#pragma once

#include "datasets/split.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// Options common to all importers: where a dataset's original files are, and how they are split.
struct SourceOptions {
    std::string root;     ///< the dataset's folder
    std::string images;   ///< a folder of images elsewhere; empty: root
    std::string metadata; ///< a folder of tables and lists elsewhere; empty: root
    SplitOptions split;
    bool allow_missing = false; ///< leave out images whose file is missing (their count is recorded)

    std::filesystem::path image_folder() const { return images.empty() ? root : images; }
    std::filesystem::path table_folder() const { return metadata.empty() ? root : metadata; }
};
/// Keys: root, images, metadata, allow_missing, split {...}.
void fields(Fields& f, SourceOptions& options);

/// The first entries of an importer's provenance: its name and these options.
json::object provenance_of(const std::string& importer, const SourceOptions& source);

} // namespace mlvicx
