#pragma once

#include "results/report.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The rows of one (dataset, protocol), with every entry as text, for terminal and Markdown alike.
struct GridTable {
    struct Column {
        double fraction = 0;
        std::string label; ///< "5 %", or "50 films" for a number of films
        std::string films; ///< "35 films"; empty where unknown or said by the label
    };
    struct Line {
        std::string method;
        std::vector<std::string> entries; ///< one for each column
    };
    std::string head = "method"; ///< of the lines
    std::string title;           ///< "nih, fine-tuned"
    std::string caption;         ///< what the numbers are
    std::vector<Column> columns;
    std::vector<Line> lines;
    bool without_interval = false; ///< a figure has none
    bool draws = false;            ///< label subsets have draws of their own
    std::int64_t left_out = 0;     ///< evaluations whose pre-training collapsed or diverged
};

/// For the terminal, columns aligned, and as Markdown.
std::string table_text(const GridTable& table);
std::string table_markdown(const GridTable& table);

std::vector<GridTable> grid_tables(const std::vector<GridRow>& rows);

/// What the signs in these tables mean, one sentence for each that is there.
std::vector<std::string> grid_legend(const std::vector<GridTable>& tables);

/// "fine-tuned" for "finetuned"; "pre-training" for none.
std::string protocol_label(const std::string& protocol);
/// "5 %" or "50 films".
std::string fraction_label(double fraction);

/// "72.1–78.0": the ends of an interval, in percent.
std::string interval_text(const Interval& interval);

} // namespace mlvicx
