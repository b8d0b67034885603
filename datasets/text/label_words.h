#pragma once

#include "core/json.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mlvicx {

/// A label as people write it, case-insensitive: present (1) is 1, 1.0, yes, y, true, positive, pos, present; absent
/// (0) is 0, 0.0, no, n, false, negative, neg, absent; unknown (-1) is -1, u, uncertain, unknown (CheXpert's uncertain
/// labels are -1.0 or u) and anything for which is_blank_word is true. Excel's decimal comma and the typographic minus
/// are read too. None for anything else: M and F are sexes, 2 is a grade, 1* is a remark.
std::optional<std::int8_t> label_word(std::string_view cell);

/// What label_word accepts, for messages.
inline constexpr std::string_view labels_expected = "1, 0, -1, yes, no, true, false, positive, negative or nothing";

/// Whether a cell is blank or holds what programs write for blank: nan, NA, N/A, `#N/A`, `<NA>`, None, null, NaT
/// (case-insensitive).
bool is_blank_word(std::string_view cell);

/// Counts the words that labels were read from.
class LabelWords {
public:
    void count(std::string_view word, std::int8_t label);
    /// `"True": {"label": "present", "cells": 5}, ...`; a blank cell is "(blank)".
    json::object counts() const;

private:
    std::map<std::string, std::pair<std::int8_t, std::size_t>, std::less<>> words_;
};

} // namespace mlvicx
