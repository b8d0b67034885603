#include "datasets/text/csv.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace mlvicx {

namespace {

constexpr std::string_view separators = ",;\t|";

std::string_view name_of_separator(char separator) {
    switch (separator) {
    case ',':
        return "commas";
    case ';':
        return "semicolons";
    case '\t':
        return "tabs";
    default:
        return "bars (|)";
    }
}

/// Counts the separators of a line outside quotes, in the order of `separators`.
std::array<std::size_t, 4> counts_in(std::string_view line) {
    std::array<std::size_t, 4> counts{};
    bool quoted = false;
    for (const char c : line) {
        quoted ^= c == '"';
        if (const auto which = separators.find(c); !quoted && which != std::string_view::npos) ++counts[which];
    }
    return counts;
}

/// The separator of a header's cells. Bars join findings inside NIH's cells, so they count only if there is no other
/// separator.
char separator_of(std::string_view header) {
    const auto counts = counts_in(header);
    const std::size_t most = *std::max_element(counts.begin(), counts.begin() + 3);
    if (most == 0) return counts[3] > 0 ? '|' : ',';
    return separators[static_cast<std::size_t>(std::find(counts.begin(), counts.end(), most) - counts.begin())];
}

/// Splits the text into cells, one row at a time. Quoted cells are unescaped in place: they only get shorter.
class Reader {
public:
    /// `text` ends with a line end, so that every cell is followed by a separator or a line end.
    Reader(std::string& text, const std::string& name) : text_(text), name_(name) {
        const bool told = separator_line();
        std::size_t comments = 0;
        while (at_ < text_.size() && (comment() || trimmed(line(at_)).empty())) {
            comments += comment();
            skip_line();
            ++row_;
        }
        if (comments > 0) say("{}: {} comment lines (#) above the header are ignored", name_, comments);
        if (told) return;
        stops_[0] = separator_of(line(at_));
        if (stops_[0] != ',') say("{}: its cells are separated by {}", name_, name_of_separator(stops_[0]));
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
            } while (another());
            if (cells.size() > first + 1 || quoted || !trimmed(cells.back()).empty()) return true;
            cells.resize(first);
        }
        return false;
    }

private:
    std::string_view line(std::size_t from) const {
        return std::string_view(text_).substr(from, text_.find_first_of("\r\n", from) - from);
    }
    void skip_line() {
        at_ += line(at_).size();
        (void)another();
    }
    /// Excel's own first line, which Excel does not show, so it is not counted as a row.
    bool separator_line() {
        auto text = trimmed(line(0));
        if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
        // A tab used as the separator is trailing whitespace of the line.
        if (lower(text) == "sep=" && line(0).ends_with('\t')) text = "sep=\t";
        if (!lower(text).starts_with("sep=") || text.size() > 5) return false;
        if (text.size() < 5 || separators.find(text[4]) == std::string_view::npos)
            user_error("{}, row 1: holds \"{}\", expected a comma, semicolon, tab or bar after sep=", name_, text);
        stops_[0] = text[4];
        say("{}: its cells are separated by {}, as its first line says", name_, name_of_separator(text[4]));
        skip_line();
        return true;
    }
    /// Whether a comment begins here. A header may begin with # too: it has as many cells as the line below, which has
    /// a number.
    bool comment() const {
        if (text_[at_] != '#') return false;
        const auto here = line(at_);
        std::size_t below = at_ + here.size() + 1;
        if (text_.compare(below - 1, 2, "\r\n") == 0) ++below;
        if (below >= text_.size()) return false;
        const auto next = line(below);
        if (counts_in(here) != counts_in(next)) return true;
        for (std::size_t begin = 0; begin <= next.size();) {
            const std::size_t end = std::min(next.find_first_of(separators, begin), next.size());
            if (number_from(next.substr(begin, end - begin))) return false;
            begin = end + 1;
        }
        return true;
    }
    std::string_view cell() {
        if (at_ < text_.size() && text_[at_] == '"') return quoted_cell();
        const std::size_t begin = at_;
        at_ = std::min(text_.find_first_of(stops_, at_), text_.size());
        return {text_.data() + begin, at_ - begin};
    }
    std::string_view quoted_cell() {
        const std::size_t begin = ++at_;
        std::size_t end = begin;
        for (; at_ < text_.size(); ++at_) {
            // Two consecutive quotes mean one; any other quote ends the cell.
            const bool quote = text_[at_] == '"';
            if (quote) ++at_;
            if (quote && (at_ == text_.size() || text_[at_] != '"')) {
                at_ = std::min(text_.find_first_not_of(' ', at_), text_.size());
                if (at_ < text_.size() && stops_.find(text_[at_]) == std::string::npos)
                    user_error("{}, row {}: text follows a closing quote, expected a comma", name_, row_);
                return {text_.data() + begin, end - begin};
            }
            text_[end++] = text_[at_];
        }
        user_error("{}, row {}: a quote is opened but never closed", name_, row_);
    }
    /// Skips the end of a cell; true if another cell of the row follows.
    bool another() {
        if (at_ >= text_.size()) return false;
        const char stop = text_[at_++];
        if (stop == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
        return stop == stops_[0];
    }

    std::string& text_;
    const std::string& name_;
    std::string stops_ = ",\r\n"; ///< characters that end a cell, the separator first
    std::size_t at_ = 0, row_ = 0;
};

} // namespace

Csv::Csv(const std::filesystem::path& file)
    : file_(file), name_(printable_utf8(file.string())), text_(read_utf8(file)) {
    ends_with_line_ = text_.ends_with('\n') || text_.ends_with('\r');
    if (!ends_with_line_) text_ += '\n';
    Reader reader(text_, name_);
    std::vector<std::string_view> header;
    if (!reader.next(header)) user_error("{}: is empty, expected a CSV table with a header", name_);
    for (const auto name : header) columns_.emplace_back(trimmed(name));
    while (columns_.size() > 1 && columns_.back().empty()) columns_.pop_back();
    header_cells_ = last_cells_ = header.size();
    header_row_ = reader.row();

    for (Row row{0, 0}; reader.next(cells_); row.first = cells_.size()) {
        row.number = reader.row();
        const std::size_t found = last_cells_ = cells_.size() - row.first;
        const auto surplus = cells_.begin() + static_cast<std::ptrdiff_t>(row.first + std::min(found, columns_.size()));
        const bool filled = std::any_of(surplus, cells_.end(), [](auto cell) { return !trimmed(cell).empty(); });
        if (found < columns_.size() || filled)
            user_error("{}, row {}: has {} cells, expected {} as in the header", name_, row.number, found,
                       columns_.size());
        cells_.resize(row.first + columns_.size());
        rows_.push_back(row);
    }
}

void Csv::require_whole() const {
    if (ends_with_line_) return;
    if (last_cells_ < header_cells_)
        user_error("{}: ends within its last row, which has {} of {} cells: the file is truncated", name_, last_cells_,
                   header_cells_);
    say("{}: has no line end after its last row, but all {} cells are there: taken as complete", name_, last_cells_);
}

std::optional<std::size_t> Csv::find(std::string_view name) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end()) return {};
    return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t Csv::column(std::string_view name) const {
    const auto found = find(name);
    if (!found) user_error("{}: has no column \"{}\"; found: {}", name_, name, fmt::join(columns_, ", "));
    if (std::count(columns_.begin(), columns_.end(), name) > 1)
        user_error("{}: has the column \"{}\" more than once", name_, name);
    return *found;
}

std::string_view Csv::cell(std::size_t row, std::size_t column) const {
    return trimmed(cells_[rows_[row].first + column]);
}

std::string Csv::where(std::size_t row) const {
    return fmt::format("{}, row {}", name_, rows_[row].number);
}

} // namespace mlvicx
