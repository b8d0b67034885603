#include "experiments/published_figures.h"

#include "core/error.h"
#include "datasets/text/csv.h"

#include <cmath>

namespace mlvicx {

namespace {

class Row {
public:
    Row(const Csv& table, std::size_t row) : table_(table), row_(row) {}

    std::string text(const char* column) const { return std::string(table_.cell(row_, table_.column(column))); }
    std::string needed(const char* column, const char* expected) const {
        auto value = text(column);
        if (value.empty()) user_error("{}: {} is empty, expected {}", table_.where(row_), column, expected);
        return value;
    }
    std::string one_of(const char* column, const char* first, const char* second) const {
        const auto value = text(column);
        if (value != first && value != second)
            user_error("{}: {} is \"{}\", expected {} or {}", table_.where(row_), column, value, first, second);
        return value;
    }
    std::optional<double> number(const char* column, double low, double high) const {
        const auto value = text(column);
        if (value.empty()) return {};
        const auto found = number_from(value);
        if (!found || *found < low || *found > high)
            user_error("{}: {} is \"{}\", expected a number from {} to {}", table_.where(row_), column, value, low,
                       high);
        return found;
    }
    double needed_number(const char* column, double low, double high) const {
        needed(column, "a number");
        return *number(column, low, high);
    }

private:
    const Csv& table_;
    std::size_t row_;
};

PublishedFigure figure_of(const Row& row) {
    PublishedFigure figure;
    figure.dataset = row.needed("dataset", "nih, rsna, siim or vinbig");
    figure.metric = row.one_of("metric", "auc", "dice");
    figure.method = row.needed("method", "the method's name");
    figure.network = row.text("network");
    figure.pretraining = row.text("pretraining");
    figure.split = row.text("split");
    figure.selection = row.text("selection");
    if (!figure.selection.empty()) row.one_of("selection", "validation", "test");
    figure.fraction = row.needed_number("fraction", 1e-6, 1e9);
    if (const auto classes = row.number("classes", 1, 1000))
        figure.classes = static_cast<std::int64_t>(std::llround(*classes));
    figure.value = row.needed_number("value", 0, 100);
    figure.value_to = row.number("value_to", figure.value, 100);
    figure.deviation = row.number("deviation", 0, 100);
    figure.source = row.needed("source", "where the figure was published: no figure without a source");
    figure.comparable = row.one_of("comparable", "yes", "no") == "yes";
    figure.reason = figure.comparable ? row.text("reason") : row.needed("reason", "why it is not comparable");
    return figure;
}

} // namespace

std::vector<PublishedFigure> read_published_figures(const std::filesystem::path& file) {
    const Csv table(file);
    std::vector<PublishedFigure> figures;
    for (std::size_t row = 0; row < table.rows(); ++row) figures.push_back(figure_of({table, row}));
    if (figures.empty()) user_error("{}: has no published figures, only a header", table.name());
    return figures;
}

} // namespace mlvicx
