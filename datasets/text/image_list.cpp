#include "datasets/text/image_list.h"

#include "core/error.h"
#include "core/progress.h"
#include "datasets/text/csv.h"

#include <algorithm>

namespace mlvicx {

namespace {

bool has_digit(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The lines of the list, the first one included: a list may have no header.
class Lines {
public:
    explicit Lines(const Csv& table) : table_(table) {}
    std::size_t size() const { return table_.rows() + 1; }
    std::size_t columns() const { return table_.columns().size(); }
    std::string_view cell(std::size_t line, std::size_t column) const {
        return line == 0 ? std::string_view(table_.columns()[column]) : table_.cell(line - 1, column);
    }
    std::size_t row(std::size_t line) const { return line == 0 ? table_.header_row() : table_.row_number(line - 1); }

private:
    const Csv& table_;
};

/// The cell, or its first word if only that is known: "00000001_000.png 0 1 0".
std::string_view name_in(std::string_view cell, const std::function<bool(std::string_view)>& known) {
    const auto word = cell.substr(0, cell.find_first_of(" \t"));
    return word.size() < cell.size() && !known(cell) && known(word) ? word : cell;
}

std::size_t column_of_names(const Lines& lines, const std::function<bool(std::string_view)>& known) {
    std::size_t best = 0, most = 0;
    for (std::size_t column = 0; column < lines.columns(); ++column) {
        std::size_t count = 0;
        for (std::size_t line = 0; line < lines.size(); ++line)
            count += known(name_in(lines.cell(line, column), known)) ? 1 : 0;
        if (count <= most) continue;
        best = column;
        most = count;
    }
    return best;
}

} // namespace

std::string image_stem(std::string_view name) {
    if (const auto folder = name.find_last_of("/\\"); folder != std::string_view::npos) name.remove_prefix(folder + 1);
    for (const std::string_view suffix : {".png", ".jpg", ".jpeg", ".dcm", ".dicom"})
        if (name.size() > suffix.size() && lower(name.substr(name.size() - suffix.size())) == suffix)
            return std::string(name.substr(0, name.size() - suffix.size()));
    return std::string(name);
}

std::string ImageList::where(const Entry& entry) const {
    return fmt::format("{}, row {}", file, entry.row);
}

ImageList read_image_list(const std::filesystem::path& file, const std::function<bool(std::string_view)>& known) {
    const std::function<bool(std::string_view)> is_name = known ? known : has_digit;
    const Csv table(file);
    const Lines lines(table);
    const std::size_t column = known ? column_of_names(lines, known) : 0;
    ImageList list{table.name(), {}, {}};
    for (std::size_t line = 0; line < lines.size(); ++line) {
        const auto name = name_in(lines.cell(line, column), is_name);
        if (line == 0 && !is_name(name) && !has_digit(name)) {
            list.header = name;
            say("{}: its first line (\"{}\") is taken as a header", list.file, name);
            continue;
        }
        if (name.empty()) user_error("{}, row {}: names no image in column {}", list.file, lines.row(line), column + 1);
        list.images.push_back({std::string(name), lines.row(line)});
    }
    if (list.images.empty()) user_error("{}: lists no images, only a header", list.file);
    return list;
}

} // namespace mlvicx
