#pragma once

#include "results/statistics/bootstrap.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlvicx {

/// What a table's entries may say beside a number, each explained where it is there.
enum class Sign {
    interval,     ///< "(72.1–78.0)"
    deviation,    ///< "± 0.8"
    draws,        ///< of seeds and draws, not of seeds alone
    left_out,     ///< evaluations whose pre-training collapsed or diverged
    not_learned,  ///< "†"
    no_interval,  ///< a figure has none
    unfinished,   ///< "…"
    failed,       ///< "failed"
    undefined,    ///< "-"
    other_count,  ///< "(n = 2)"
    some_classes, ///< "[2/3]"
    averaged,     ///< ", n = 2" after a method
};
using Signs = std::set<Sign>;

/// A table of a report with every entry as text, for terminal and Markdown alike.
struct Table {
    struct Column {
        std::string label; ///< "5 %", or "50 images" for a number of images
        std::string note;  ///< "35 images"; empty where unknown or said by the label
    };
    struct Line {
        std::string name;
        std::vector<std::string> entries; ///< one for each column
    };
    std::string head = "method"; ///< of the lines
    std::string title;           ///< "nih, fine-tuned"
    std::string caption;         ///< what the numbers are
    std::vector<Column> columns;
    std::vector<Line> lines;
    Signs signs; ///< in its entries
};

/// For the terminal, columns aligned, and as Markdown.
std::string table_text(const Table& table);
std::string table_markdown(const Table& table);
/// All of them, a blank line between each two.
std::string tables_text(const std::vector<Table>& tables);
std::string tables_markdown(const std::vector<Table>& tables);

/// The table, its columns from number `fixed` on divided so that no line passes the `page`.
std::vector<Table> divided(const Table& table, std::size_t fixed, std::size_t page);

Signs signs_of(const std::vector<Table>& tables);

/// "72.1–78.0": the ends of an interval, in percent.
std::string interval_text(const Interval& interval);
/// "3 masks", "1 mask".
std::string counted(std::int64_t count, std::string_view what);

} // namespace mlvicx
