#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// A table in CSV form (RFC 4180) with a header: quoted cells, LF or CRLF, a byte-order mark and blank lines are
/// understood; blanks around header names are dropped. Trailing header cells without a name (as published copies of
/// NIH's lists have them) need no cells below.
class Csv {
public:
    /// Throws UserError naming the file, and the row where a quote stays open or the number of cells is wrong.
    explicit Csv(const std::filesystem::path& file);
    Csv(const Csv&) = delete;
    Csv& operator=(const Csv&) = delete;

    /// For tables that are published with a line end after the last row. Throws UserError where it is missing: the
    /// file was cut off. (Cut between two rows, a table looks whole; only its dataset's own counts can tell.)
    void require_whole() const;

    const std::filesystem::path& file() const { return file_; }
    std::size_t rows() const { return rows_.size(); } ///< without the header
    const std::vector<std::string>& columns() const { return columns_; }
    std::optional<std::size_t> find(std::string_view name) const;
    /// Position of a column. Throws UserError naming the file, the column and the columns that are there; also where
    /// the name stands twice.
    std::size_t column(std::string_view name) const;
    /// The cell without surrounding blanks.
    std::string_view cell(std::size_t row, std::size_t column) const;
    /// "FILE, row 7": rows as a spreadsheet counts them, the header being row 1.
    std::string where(std::size_t row) const;

private:
    struct Row {
        std::size_t first = 0;  ///< position of its first cell in cells_
        std::size_t number = 0; ///< as `where` shows it
    };
    std::filesystem::path file_;
    std::string text_; ///< the cells look into it
    bool ends_with_line_ = true;
    std::vector<std::string> columns_;
    std::vector<Row> rows_;
    std::vector<std::string_view> cells_;
};

/// Text without blanks at its ends.
std::string_view trimmed(std::string_view text);

/// A whole cell as a finite number; none where it is anything else.
std::optional<double> number_from(std::string_view text);

} // namespace mlvicx
