#pragma once

#include "core/json.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Something about an image or a mask that is not an error but that users of the dataset should know.
struct Note {
    std::string kind;  ///< without names or numbers, because notes are counted by it
    std::string where; ///< the image's id or the mask's file
};
using Notes = std::vector<Note>;

/// Each kind with its count and the first names: {kind: {"count": n, "first": [...]}}.
json::object count_notes(const std::vector<Notes>& notes);

/// Logs one line per kind: "kind: 3, first a, b, c".
void say_notes(const json::object& counted);

} // namespace mlvicx
