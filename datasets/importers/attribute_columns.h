#pragma once

#include "datasets/attributes.h"
#include "datasets/decode/notes.h"
#include "datasets/index.h"
#include "datasets/text/csv.h"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// The attributes' numbers, in the order of attribute_table().
enum : std::size_t { sex_attribute, age_attribute, view_attribute };

/// Reads attributes word by word and counts what could not be read.
class AttributeWords {
public:
    /// The value of an image's word for attribute number `kind`; empty if it is unknown. A word that is not one of the
    /// attribute's, and an impossible value, count as unknown and are noted with the image's name.
    std::string read(std::size_t kind, std::string_view image, std::string_view word);
    void note(Note note) { notes_.push_back(std::move(note)); }
    /// Records `sources` (by attribute, a sentence each) in provenance["attributes"], and the notes, which are also
    /// logged, in ["attribute_notes"].
    void record(DatasetIndex& index, json::object sources) const;

private:
    Notes notes_;
};

/// For each attribute the columns of a table that hold it, in order of precedence.
using AttributeColumns = std::array<std::vector<std::size_t>, attribute_count>;

/// The columns that are called as an attribute is (see attribute_table), among those that `may_be` one.
AttributeColumns attribute_columns(const Csv& table, const std::function<bool(std::size_t column)>& may_be);
/// Among all columns.
AttributeColumns attribute_columns(const Csv& table);

/// Reads attributes from a table and counts what could not be read.
class AttributeReading {
public:
    AttributeReading(const Csv& table, AttributeColumns columns) : table_(table), columns_(std::move(columns)) {}

    /// An image's attributes, from its row: of each the value of the first column that knows it.
    AttributeTexts read(std::size_t row, std::string_view image);
    /// As AttributeWords::record, with the columns as sources.
    void record(DatasetIndex& index) const;

private:
    const Csv& table_;
    AttributeColumns columns_;
    AttributeWords words_;
};

} // namespace mlvicx
