#pragma once

#include "datasets/text/text_file.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// A table in CSV form (RFC 4180) with a header: quoted cells, line ends LF, CRLF or CR, a byte-order mark and blank
/// lines are supported; whitespace around header names is dropped. Trailing header cells without a name (as in
/// published copies of NIH's lists) need no cells below. Cells are separated by commas or, if the header has more of
/// them, semicolons (Excel with a decimal comma) or tabs; by bars if it has none of these; or by what Excel's first
/// line "sep=;" names. A separator other than the comma, and comments (#) skipped above the header, are logged.
class Csv {
public:
    /// Throws UserError naming the file and the row if a quote stays open or the number of cells is wrong, and as
    /// read_utf8.
    explicit Csv(const std::filesystem::path& file);
    Csv(const Csv&) = delete;
    Csv& operator=(const Csv&) = delete;

    /// For tables that are published with a line end after the last row. If it is missing, the last row must have as
    /// many cells as the header line (this is logged), else the file was truncated: UserError. (A table cut between two
    /// rows looks complete; only the dataset's published counts can reveal it.)
    void require_whole() const;

    const std::filesystem::path& file() const { return file_; }
    const std::string& name() const { return name_; } ///< of the file, for messages
    std::size_t rows() const { return rows_.size(); } ///< without the header
    const std::vector<std::string>& columns() const { return columns_; }
    std::optional<std::size_t> find(std::string_view name) const;
    /// Index of a column. Throws UserError naming the file, the column and the existing columns; also if the name
    /// occurs twice.
    std::size_t column(std::string_view name) const;
    /// The cell without surrounding whitespace.
    std::string_view cell(std::size_t row, std::size_t column) const;
    /// "FILE, row 7": rows as a spreadsheet counts them, the header being row 1.
    std::string where(std::size_t row) const;
    std::size_t row_number(std::size_t row) const { return rows_[row].number; } ///< as `where` shows it
    std::size_t header_row() const { return header_row_; }

private:
    struct Row {
        std::size_t first = 0;  ///< index of its first cell in cells_
        std::size_t number = 0; ///< as `where` shows it
    };
    std::filesystem::path file_;
    std::string name_;
    std::string text_; ///< the cells are views into it
    bool ends_with_line_ = true;
    std::size_t header_cells_ = 0, last_cells_ = 0; ///< including unnamed ones
    std::size_t header_row_ = 1;
    std::vector<std::string> columns_;
    std::vector<Row> rows_;
    std::vector<std::string_view> cells_;
};

} // namespace mlvicx
