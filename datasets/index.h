#pragma once

#include "core/json.h"
#include "datasets/attributes.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

enum class Split : std::uint8_t { train = 0, validation = 1, test = 2 };
const char* name_of(Split split);
/// train, training; val, valid, validate, validating, validation, dev, development; test, testing; case-insensitive.
/// None for other words (0, 1 and 2 mean different splits to different people).
std::optional<Split> split_word(std::string_view text);
/// Like split_word, but throws UserError with `where` for anything else.
Split split_from(const std::string& text, const std::string& where);

/// The coordinate frame of an image's boxes, areas and runs: the size of the image as published, regardless of the copy
/// on disk (NIH, RSNA, SIIM: 1024 x 1024). 0: pixels of the copy itself.
struct Frame {
    double width = 0, height = 0;
};

/// A finding's box in the image's frame, origin top left.
struct Box {
    std::size_t image = 0; ///< index into DatasetIndex::images
    std::size_t label = 0; ///< index into DatasetIndex::classes
    double x = 0, y = 0, width = 0, height = 0;
};

/// A run of pixels in column-major order: column * height + row.
struct Run {
    std::uint32_t first = 0, length = 0;
};

/// A rectangle, origin top left.
struct Area {
    double x = 0, y = 0, width = 0, height = 0;
};

/// One mask of an image as given by its original files: the union of all parts. It is rasterised only while the image
/// is prepared.
struct Mask {
    std::vector<std::filesystem::path> files; ///< of one size; nonzero pixels belong to the mask
    std::vector<Run> runs;                    ///< in the image's frame
    std::vector<Area> areas;                  ///< in the image's frame
    bool empty() const { return files.empty() && runs.empty() && areas.empty(); }
};

struct ImageEntry {
    std::string id;             ///< unique in the dataset; for NIH the file name
    std::filesystem::path file; ///< where the pixels are
    std::string patient;
    Split split = Split::train;
    std::vector<std::int8_t> labels; ///< one per class: 1 present, 0 absent, -1 unknown
    std::vector<Mask> masks;         ///< one per mask name; empty: all zero
    Frame frame;
    AttributeTexts attributes = {}; ///< as AttributeKind::read gives them; empty: unknown
};

/// What an importer makes of the original files: just a table, without pixels.
struct DatasetIndex {
    std::string dataset; ///< "nih", "manifest", ...
    std::vector<std::string> classes;
    std::vector<std::string> mask_names; ///< empty if the dataset has no masks
    std::vector<ImageEntry> images;
    std::vector<Box> boxes;
    json::object provenance; ///< importer's options and source files, stored with the prepared dataset
};

} // namespace mlvicx
