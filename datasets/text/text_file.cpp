#include "datasets/text/text_file.h"

#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/decode/inflate.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Form {
    std::string_view begins, what;
};

constexpr std::array forms = {
    Form{"PK\x03\x04", "a ZIP archive (an Excel workbook, .xlsx, is one)"},
    Form{"\xD0\xCF\x11\xE0", "an Excel workbook (.xls)"},
    Form{"\x1F\x8B", "compressed with gzip twice"},
    Form{"PAR1", "a Parquet file"},
    Form{"%PDF", "a PDF document"},
    Form{"SQLite format 3", "an SQLite database"},
    Form{"\x89PNG", "a PNG image"},
    Form{"\xFF\xD8\xFF", "a JPEG image"},
    Form{"version https://git-lfs", "a Git LFS pointer, not the file itself (run git lfs pull to fetch it)"},
};

/// What the file is if it does not begin like a table or list; else empty.
std::string_view other_form(std::string_view bytes) {
    for (const Form& form : forms)
        if (bytes.starts_with(form.begins)) return form.what;
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    bytes = trimmed(bytes.substr(0, 1000));
    if (bytes.size() < 2) return {};
    const auto second = static_cast<unsigned char>(trimmed(bytes.substr(1)).front());
    if (bytes[0] == '<' && (std::isalpha(second) || second == '!' || second == '?'))
        return "HTML or XML, perhaps a page saying why the download failed";
    // Some databases write column names as [name].
    if ((bytes[0] == '{' || bytes[0] == '[') &&
        (std::isdigit(second) || std::string_view("\"{[]}").find(static_cast<char>(second)) != std::string_view::npos))
        return "JSON";
    return {};
}

/// Row of the byte at `at`, counting LF, CRLF and CR as line ends.
std::size_t row_of(std::string_view text, std::size_t at) {
    std::size_t row = 1;
    for (std::size_t i = 0; i < at; ++i)
        row += text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
    return row;
}

std::string_view encoding_with_nulls(std::string_view bytes) {
    const bool even = bytes.size() > 1 && bytes[0] == 0, odd = bytes.size() > 1 && bytes[1] == 0;
    return even != odd ? "UTF-16 without a byte-order mark" : "not text: it contains null bytes";
}

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

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::string plain_name(std::string_view text) {
    std::string result;
    for (const char c : lower(text))
        if (std::isalnum(static_cast<unsigned char>(c))) result += c;
    return result;
}

std::string first_of(const std::vector<std::string>& names, std::size_t shown) {
    if (names.size() <= shown) return fmt::format("{}", fmt::join(names, ", "));
    return fmt::format("{} and {} more",
                       fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                       names.size() - shown);
}

std::string read_utf8(const fs::path& file, std::string_view expected) {
    std::string text = read_text(file);
    const std::string name = printable_utf8(file.string());
    if (is_gzip(text)) text = gunzip(text, name);
    const auto refuse = [&](std::string_view what) { user_error("{}: is {}, expected {}", name, what, expected); };
    if (const auto what = other_form(text); !what.empty()) refuse(what);
    if (text.starts_with(std::string_view("\xFF\xFE\0\0", 4)) || text.starts_with(std::string_view("\0\0\xFE\xFF", 4)))
        refuse("UTF-32");
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        const auto converted = utf8_from_utf16(std::string_view(text).substr(2), text[0] == '\xFF');
        if (!converted) refuse("damaged UTF-16");
        say("{}: is UTF-16, read as such", name);
        text = *converted;
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (text.find('\0') != std::string::npos) refuse(encoding_with_nulls(text));
    if (const auto bad = invalid_utf8(text)) {
        const std::size_t begin = text.find_last_of("\r\n", *bad) + 1; // npos + 1 is 0
        user_error("{}, row {}: byte {} (\"{}\") is not UTF-8, perhaps Latin-1 or Windows-1252; expected {}; convert "
                   "the file (iconv -f WINDOWS-1252 -t UTF-8)",
                   name, row_of(text, *bad), *bad - begin + 1, printable_utf8(std::string_view(text).substr(*bad, 1)),
                   expected);
    }
    return text;
}

std::vector<std::string> read_names(const fs::path& file) {
    const std::string text = read_utf8(file, "a list of names in UTF-8");
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
        auto name = trimmed(std::string_view(text).substr(begin, end - begin));
        if (const auto folder = name.find_last_of("/\\"); folder != std::string_view::npos)
            name.remove_prefix(folder + 1);
        if (!name.empty()) names.emplace_back(name);
        begin = end + 1;
    }
    return names;
}

} // namespace mlvicx
