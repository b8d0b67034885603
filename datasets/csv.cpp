#include "datasets/csv.h"

#include "core/error.h"
#include "core/files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace mlvicx {

namespace {

/// Cuts the text into cells, one row at a time. Quoted cells are unescaped in place: they only get shorter.
class Reader {
public:
    /// `text` ends with a line feed, so that every cell is followed by a comma or a line feed.
    Reader(std::string& text, const std::filesystem::path& file) : text_(text), file_(file) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }
    std::size_t row() const { return row_; }

    /// Appends the next row's cells to `cells`; false at the end of the file. Blank lines count as rows but are
    /// skipped.
    bool next(std::vector<std::string_view>& cells) {
        const std::size_t first = cells.size();
        while (at_ < text_.size()) {
            ++row_;
            bool quoted = false;
            do {
                quoted |= text_[at_] == '"';
                cells.push_back(cell());
            } while (comma());
            if (cells.size() > first + 1 || quoted || !trimmed(cells.back()).empty()) return true;
            cells.resize(first);
        }
        return false;
    }

private:
    std::string_view cell() {
        if (at_ < text_.size() && text_[at_] == '"') return quoted_cell();
        const std::size_t begin = at_;
        at_ = std::min(text_.find_first_of(",\n", at_), text_.size());
        return {text_.data() + begin, at_ - begin};
    }
    std::string_view quoted_cell() {
        const std::size_t begin = ++at_;
        std::size_t end = begin;
        for (; at_ < text_.size(); ++at_) {
            // Two quotes in a row stand for one; any other quote ends the cell.
            const bool quote = text_[at_] == '"';
            if (quote) ++at_;
            if (quote && (at_ == text_.size() || text_[at_] != '"')) {
                at_ = std::min(text_.find_first_not_of(" \r", at_), text_.size());
                if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n')
                    user_error("{}, row {}: text follows a closing quote, expected a comma", file_.string(), row_);
                return {text_.data() + begin, end - begin};
            }
            text_[end++] = text_[at_];
        }
        user_error("{}, row {}: a quote is opened and never closed", file_.string(), row_);
    }
    /// Steps over what ends a cell; true where another cell of the row follows.
    bool comma() {
        if (at_ >= text_.size()) return false;
        return text_[at_++] == ',';
    }

    std::string& text_;
    const std::filesystem::path& file_;
    std::size_t at_ = 0, row_ = 0;
};

} // namespace

std::string_view trimmed(std::string_view text) {
    constexpr auto blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<double> number_from(std::string_view text) {
    const std::string copy(trimmed(text)); // from_chars for double is missing in older libraries
    if (copy.empty()) return {};
    char* end = nullptr;
    const double value = std::strtod(copy.c_str(), &end);
    if (end != copy.c_str() + copy.size() || !std::isfinite(value)) return {};
    return value;
}

Csv::Csv(const std::filesystem::path& file) : file_(file), text_(read_text(file)) {
    ends_with_line_ = text_.ends_with('\n');
    if (!ends_with_line_) text_ += '\n';
    Reader reader(text_, file_);
    std::vector<std::string_view> header;
    if (!reader.next(header)) user_error("{}: is empty, expected a CSV table with a header", file_.string());
    for (const auto name : header) columns_.emplace_back(trimmed(name));
    while (columns_.size() > 1 && columns_.back().empty()) columns_.pop_back();

    for (Row row{0, 0}; reader.next(cells_); row.first = cells_.size()) {
        row.number = reader.row();
        const std::size_t found = cells_.size() - row.first;
        const auto surplus = cells_.begin() + static_cast<std::ptrdiff_t>(row.first + std::min(found, columns_.size()));
        const bool filled = std::any_of(surplus, cells_.end(), [](auto cell) { return !trimmed(cell).empty(); });
        if (found < columns_.size() || filled)
            user_error("{}, row {}: has {} cells, expected {} as in the header", file_.string(), row.number, found,
                       columns_.size());
        cells_.resize(row.first + columns_.size());
        rows_.push_back(row);
    }
}

void Csv::require_whole() const {
    if (!ends_with_line_)
        user_error("{}: ends within its last row, expected a line end as in the published table: it was cut off",
                   file_.string());
}

std::optional<std::size_t> Csv::find(std::string_view name) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end()) return {};
    return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t Csv::column(std::string_view name) const {
    const auto found = find(name);
    if (!found) user_error("{}: has no column \"{}\"; found: {}", file_.string(), name, fmt::join(columns_, ", "));
    if (std::count(columns_.begin(), columns_.end(), name) > 1)
        user_error("{}: has the column \"{}\" more than once", file_.string(), name);
    return *found;
}

std::string_view Csv::cell(std::size_t row, std::size_t column) const {
    return trimmed(cells_[rows_[row].first + column]);
}

std::string Csv::where(std::size_t row) const {
    return fmt::format("{}, row {}", file_.string(), rows_[row].number);
}

} // namespace mlvicx
