#pragma once

#include "results/statistics/bootstrap.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mlvicx {

/// A field of a CSV: text, quoted if necessary; a number in full precision; or nothing.
class CsvField {
public:
    CsvField(std::string_view text);
    CsvField(const std::string& text) : CsvField(std::string_view(text)) {}
    CsvField(const char* text) : CsvField(std::string_view(text)) {}
    template <typename Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0>
    CsvField(Number number) : text_(fmt::format("{}", number)) {}
    template <typename Number>
    CsvField(const std::optional<Number>& number) : text_(number ? CsvField(*number).text_ : std::string()) {}
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// A column: its heading and its value in a row.
template <typename Row> struct CsvColumn {
    std::string name;
    std::function<CsvField(const Row&)> value;
};
template <typename Row> using CsvColumns = std::vector<CsvColumn<Row>>;

// Getters for the ends of a line's interval, empty if it has none, and for its resamples, 0 if it has none.
template <auto Get>
inline constexpr auto low = [](const auto& line) {
    const auto found = std::invoke(Get, line);
    return found ? std::optional(found->low) : std::nullopt;
};
template <auto Get>
inline constexpr auto high = [](const auto& line) {
    const auto found = std::invoke(Get, line);
    return found ? std::optional(found->high) : std::nullopt;
};
template <auto Get>
inline constexpr auto resamples = [](const auto& line) {
    const auto found = std::invoke(Get, line);
    return found ? found->resamples : std::int64_t{0};
};

/// The columns of `first`, then those of `rest`.
template <typename Row> CsvColumns<Row> joined(CsvColumns<Row> first, const CsvColumns<Row>& rest) {
    first.insert(first.end(), rest.begin(), rest.end());
    return first;
}

/// Builds a CSV: its heading, then a line for each row.
template <typename Row> class CsvText {
public:
    explicit CsvText(CsvColumns<Row> columns) : columns_(std::move(columns)) {
        for (const auto& column : columns_) put(CsvField(column.name).text());
        end_line();
    }
    void add(const Row& row) {
        for (const auto& column : columns_) put(column.value(row).text());
        end_line();
    }
    const std::string& text() const { return text_; }

private:
    void put(const std::string& field) { (text_ += field) += ','; }
    void end_line() { text_.back() = '\n'; }
    CsvColumns<Row> columns_;
    std::string text_;
};

template <typename Row> std::string csv_text(CsvColumns<Row> columns, const std::vector<Row>& rows) {
    CsvText<Row> csv(std::move(columns));
    for (const auto& row : rows) csv.add(row);
    return csv.text();
}

} // namespace mlvicx
