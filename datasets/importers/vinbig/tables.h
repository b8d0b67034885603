#pragma once

#include "datasets/index.h"
#include "datasets/text/csv.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// The structures that read_vinbig reads its tables into.

/// Who read an image, and who saw what in it.
class Votes {
public:
    explicit Votes(std::size_t classes) : seen_(classes, 0) {}
    /// Index of a reader among this image's readers. Throws UserError beginning with `where` for the 33rd.
    std::size_t reader(std::string_view name, const std::string& where);
    void see(std::size_t reader, std::size_t label) { seen_[label] |= 1u << reader; }
    bool saw_anything(std::size_t reader) const;
    std::size_t readers() const { return readers_.size(); }
    /// Decides by rule "any", "majority" (more than half of the image's readers) or "unanimous".
    bool present(std::size_t label, std::string_view rule) const;

private:
    std::vector<std::string> readers_;
    std::vector<std::uint32_t> seen_; ///< by class: one bit per reader
};

/// An index under construction: the readers' findings, until the rule turns them into labels.
struct VinbigReading {
    static constexpr std::string_view healthy = "No finding";
    DatasetIndex index;
    std::vector<Votes> votes; ///< per image
    std::unordered_map<std::string, std::size_t> known;

    /// Index of the image, which is added if it is new. Throws UserError if it is in another split.
    std::size_t image(std::string_view id, Split split, const std::string& where);
    /// Index of the finding in index.classes.
    std::size_t label(std::string_view name, const std::string& where) const;
};

/// Kaggle's train.csv, with classes and boxes.
void read_kaggle(VinbigReading& reading, const std::filesystem::path& file);
/// One of PhysioNet's label tables; the first one, that of the training images, defines the classes.
void read_physionet_labels(VinbigReading& reading, const std::filesystem::path& file, Split split);
/// PhysioNet's boxes, for images that the label tables name.
void read_physionet_boxes(VinbigReading& reading, const std::filesystem::path& file);
/// train_meta.csv: sizes of the original images, next to a table of smaller copies.
void read_original_sizes(VinbigReading& reading, const std::filesystem::path& file);

/// Columns x_min, y_min, x_max, y_max, and the box of a row; none if all four cells are empty.
std::vector<std::size_t> corner_columns(const Csv& table);
std::optional<Area> box_from(const Csv& table, std::size_t row, const std::vector<std::size_t>& corners);
/// rad_id or rad_ID: the tables use both.
std::size_t reader_column(const Csv& table);

} // namespace mlvicx
