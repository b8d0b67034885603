#pragma once

#include "core/json.h"

#include <string>
#include <vector>

namespace mlvicx {

/// What is no error in an image or a mask, but what whoever uses the dataset should know.
struct Note {
    std::string kind;  ///< without names or numbers: notes are counted by it
    std::string where; ///< the image's id or the mask's file
};
using Notes = std::vector<Note>;

/// Each kind with its count and first names: {kind: {"count": n, "first": [...]}}.
json::object count_notes(const std::vector<Notes>& notes);

/// One line a kind: "kind: 3, first a, b, c".
void say_notes(const json::object& counted);

} // namespace mlvicx
