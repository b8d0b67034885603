#pragma once

#include "core/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

enum class Split : std::uint8_t { train = 0, validation = 1, test = 2 };
const char* name_of(Split split);
/// "train", "val"/"validation"/"valid", "test". Throws UserError with `where` for anything else.
Split split_from(const std::string& text, const std::string& where);

/// A finding's box, origin top left, in pixels of the original film or of the dataset's nominal frame
/// (DatasetIndex::box_frame).
struct Box {
    std::size_t film = 0;  ///< position in DatasetIndex::films
    std::size_t label = 0; ///< position in DatasetIndex::classes
    double x = 0, y = 0, width = 0, height = 0;
};

struct Film {
    std::string id;              ///< unique in the dataset, for NIH the file name
    std::filesystem::path image; ///< where the pixels are
    std::string patient;
    Split split = Split::train;
    std::vector<std::int8_t> labels;          ///< one per class: 1 present, 0 absent, -1 unknown
    std::vector<std::filesystem::path> masks; ///< one per mask name; empty path: no mask (all zero)
};

/// What an importer makes of original files: a pure table, without pixels.
struct DatasetIndex {
    std::string dataset; ///< "nih", "manifest", ...
    std::vector<std::string> classes;
    std::vector<std::string> mask_names; ///< empty where the dataset has no masks
    std::vector<Film> films;
    std::vector<Box> boxes;
    /// Side of the square frame that boxes are given in, whatever the size of the copy on disk (NIH: 1024 pixels);
    /// 0: pixels of each film as it is.
    double box_frame = 0;
    json::object provenance; ///< importer's options and source files, stored with the prepared dataset
};

} // namespace mlvicx
