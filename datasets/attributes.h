#pragma once

#include "datasets/decode/notes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// The kinds of attributes that importers look for.
inline constexpr std::size_t attribute_count = 3;

/// One text per kind, in the order of attribute_table(): as read, or as the sources have it.
using AttributeTexts = std::array<std::string, attribute_count>;

/// Everything that importers, decoders and the prepared file know about a kind of attribute.
struct AttributeKind {
    const char* name;                      ///< in prepared files and results: "sex"
    std::vector<std::string_view> columns; ///< what tables call it, as plain_name writes it; the first takes precedence
    std::uint32_t dicom_tag;               ///< where a DICOM header has it
    /// The value of a word as sources write it; empty if it says that the value is unknown. None for a word that is not
    /// one of them or a value that is impossible.
    std::optional<std::string> (*read)(std::string_view word);
};

/// sex: female, male. age: whole years, 0 to 120, from years ("57", "057Y") or months, weeks and days ("013M").
/// view: PA, AP, lateral, oblique, decubitus, or frontal for what is either PA or AP.
const std::array<AttributeKind, attribute_count>& attribute_table();

/// A note on an image's word for attribute number `kind` that was taken as unknown.
Note attribute_note(std::size_t kind, std::string_view image, std::string_view word);

/// The longest value, in bytes.
inline constexpr std::size_t longest_attribute = 15;

} // namespace mlvicx
