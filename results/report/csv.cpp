#include "results/report/csv.h"

namespace mlvicx {

CsvField::CsvField(std::string_view text) : text_(text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return;
    text_ = '"';
    for (const char c : text) text_ += c == '"' ? std::string("\"\"") : std::string(1, c);
    text_ += '"';
}

} // namespace mlvicx
