#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// A name without its folders and without .png, .jpg, .jpeg, .dcm or .dicom (in any case): "images/A.png" and "A" name
/// the same image. Other endings belong to the name: DICOM's identifiers have dots.
std::string image_stem(std::string_view name);

/// A list of images as published work hands it out.
struct ImageList {
    struct Entry {
        std::string name; ///< as written
        std::size_t row = 0;
    };
    std::string file;          ///< for messages
    std::string header;        ///< the first line's name if that line is a header; else empty
    std::vector<Entry> images; ///< in the order of the file
    /// "FILE, row 7".
    std::string where(const Entry& entry) const;
};

/// Reads one image per line: plain text, a CSV with any separator (text/csv.h), or a name followed by spaces and
/// labels. Names are in the column that has most `known` ones (names of the dataset), or without `known` in the first;
/// other columns are ignored. The first line is a header, which is logged, if its name is not known and holds no digit.
/// Throws UserError if the file is not a text table or lists nothing.
ImageList read_image_list(const std::filesystem::path& file, const std::function<bool(std::string_view)>& known = {});

} // namespace mlvicx
