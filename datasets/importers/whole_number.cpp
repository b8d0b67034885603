#include "datasets/importers/whole_number.h"

#include "core/error.h"

#include <cmath>
#include <cstdint>

namespace mlvicx {

std::string whole_number(const Csv& table, std::size_t row, std::size_t column, std::string_view text) {
    const auto number = number_from(text);
    if (!number || *number < 0 || *number >= 1e9 || *number != std::floor(*number))
        user_error("{}: {} is \"{}\", expected a whole number", table.where(row), table.columns()[column],
                   table.cell(row, column));
    return std::to_string(static_cast<std::int64_t>(*number));
}

} // namespace mlvicx
