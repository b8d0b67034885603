#pragma once

#include "datasets/text/csv.h"

#include <string>
#include <string_view>

namespace mlvicx {

/// `text`, as a cell has it, as a whole number from 0 below 1e9, without leading zeros: 13 for 00000013 and 13.0.
/// Throws UserError with file, row and column for anything else.
std::string whole_number(const Csv& table, std::size_t row, std::size_t column, std::string_view text);
/// The cell itself.
inline std::string whole_number(const Csv& table, std::size_t row, std::size_t column) {
    return whole_number(table, row, column, table.cell(row, column));
}

} // namespace mlvicx
