#pragma once

#include "results/report/stamps.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// Identifies the report table that a row belongs to.
struct TableKey {
    std::string dataset, protocol;
    std::string label;  ///< the protocol's, for headings
    Stamps stamps = {}; ///< of any figure in the table

    bool same_table(const TableKey& other) const { return dataset == other.dataset && protocol == other.protocol; }
    /// "nih, frozen (linear probe)", with the marks of its stamps.
    std::string title() const { return dataset + ", " + label + (stamps.empty() ? "" : " " + marks_of(stamps)); }
};

/// Calls `visit` with each run of consecutive rows of one table, as a span.
template <typename Row, typename Visit> void for_each_table(const std::vector<Row>& rows, Visit visit) {
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [&](const Row& row) { return !row.same_table(*begin); });
        visit(std::span<const Row>(begin, end));
        begin = end;
    }
}

/// The order of a table's columns: absolute numbers of images before fractions, each ascending.
struct FractionOrder {
    bool operator()(double a, double b) const { return std::pair(a <= 1, a) < std::pair(b <= 1, b); }
};

/// Index of `name` in the order of first appearance; a new name is appended to `seen`.
inline std::size_t order_of(std::vector<std::string>& seen, const std::string& name) {
    const auto found = std::find(seen.begin(), seen.end(), name);
    if (found != seen.end()) return static_cast<std::size_t>(found - seen.begin());
    seen.push_back(name);
    return seen.size() - 1;
}

} // namespace mlvicx
