#pragma once

#include "results/statistics/bootstrap.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlvicx {

/// What a table entry may show besides a number, each explained if it is used.
enum class Sign {
    interval,       ///< "(72.1–78.0)"
    deviation,      ///< "± 0.8"
    draws,          ///< over seeds and draws, not over seeds only
    left_out,       ///< evaluations whose pre-training collapsed or diverged
    not_learned,    ///< "†"
    no_interval,    ///< a figure has none
    unfinished,     ///< "…"
    failed,         ///< "failed"
    undefined,      ///< "-"
    other_count,    ///< "(n = 2)"
    some_classes,   ///< "[2/3]"
    averaged,       ///< ", n = 2" after a method
    chosen_on_test, ///< "§": stamp::test_as_published
    shared_patients ///< "‡": stamp::shared_patients
};
using Signs = std::set<Sign>;

/// A table of a report with every entry as text, for terminal and Markdown alike.
struct Table {
    struct Column {
        std::string label; ///< "5 %", or "50 images" for an absolute number of images
        std::string note;  ///< "35 images"; empty if unknown or given by the label
    };
    struct Line {
        std::string name;
        std::vector<std::string> entries; ///< one per column
    };
    std::string head = "method"; ///< heading of the lines
    std::string title;           ///< "nih, fine-tuned"; Markdown has no heading without one
    std::string caption;         ///< describes the numbers; may be empty in Markdown
    std::vector<Column> columns;
    std::vector<Line> lines;
    Signs signs;        ///< used in its entries
    bool right = false; ///< entries are numbers: right-aligned in Markdown
};

/// For the terminal, columns aligned, and as Markdown.
std::string table_text(const Table& table);
std::string table_markdown(const Table& table);
/// All of them, separated by blank lines.
std::string tables_text(const std::vector<Table>& tables);
/// The same, each divided into tables that fit a terminal.
std::string narrow_tables_text(const std::vector<Table>& tables);
std::string tables_markdown(const std::vector<Table>& tables);

/// The table, its columns from index `fixed` on divided into tables no wider than `page`.
std::vector<Table> divided(const Table& table, std::size_t fixed, std::size_t page);

Signs signs_of(const std::vector<Table>& tables);

/// "72.1–78.0": the ends of an interval, in percent.
std::string interval_text(const Interval& interval);
/// "3 masks", "1 mask".
std::string counted(std::int64_t count, std::string_view what);

} // namespace mlvicx
