#pragma once

#include "results/store/sqlite.h"

namespace mlvicx {

/// Getter for a CsvColumn: a column of a query as text, integers too.
template <int Column> inline constexpr auto text = [](const Statement& query) { return query.text(Column); };

} // namespace mlvicx
