#include "results/report/page/sections.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

std::string pair_key(const TableKey& key, double fraction, const std::string& a, const std::string& b) {
    return fmt::format("{}\n{}\n{}\n{}\n{}", key.dataset, key.protocol, fraction, a, b);
}

/// For the order in which rows are chosen: the largest fraction with a value, the higher AUC.
double last_value(const GridRow& row) {
    for (auto cell = row.cells.rbegin(); cell != row.cells.rend(); ++cell)
        if (cell->main().value.count > 0) return cell->main().value.mean;
    return -1;
}

} // namespace

ReportContext::ReportContext(Store& file, std::string name, const ReportFigures& shown)
    : store(file), experiment(std::move(name)), id(file.find_experiment(experiment)), figures(shown) {
    int method = 0, control = 1;
    for (const auto* rows : {&figures.rows, &figures.segmentation})
        for (const auto& row : *rows) {
            if (const auto [at, added] = styles.try_emplace(row.method); added)
                at->second = row.control || row.apart ? --control : ++method;
            for (const auto& cell : row.cells) provenance[&cell] = fmt::format("figure-{}", provenance.size() + 1);
        }
    for (const auto* pairs : {&figures.pairs, &figures.segmentation_pairs})
        for (const auto& pair : *pairs) pairs_[pair_key(pair, pair.fraction, pair.a, pair.b)] = &pair;
}

std::optional<double> ReportContext::paired_p(const TableKey& key, double fraction, const std::string& a,
                                              const std::string& b, std::size_t metric) const {
    for (const auto& text : {pair_key(key, fraction, a, b), pair_key(key, fraction, b, a)})
        if (const auto found = pairs_.find(text); found != pairs_.end()) {
            const auto& figure = found->second->figures[metric];
            return figure ? figure->holm : std::nullopt;
        }
    return std::nullopt;
}

std::vector<const GridRow*> chosen_rows(std::span<const GridRow> rows, std::size_t most) {
    std::vector<const GridRow*> order;
    for (const auto& row : rows) order.push_back(&row);
    std::stable_sort(order.begin(), order.end(), [](const GridRow* a, const GridRow* b) {
        return a->control != b->control ? a->control : last_value(*a) > last_value(*b);
    });
    if (order.size() > most) order.resize(most);
    std::sort(order.begin(), order.end()); // the rows are consecutive: back into their order
    return order;
}

std::string chosen_text(std::size_t shown, std::size_t all) {
    return shown == all
               ? ""
               : fmt::format("; {} of {} methods: the controls and the highest at the largest fraction", shown, all);
}

} // namespace mlvicx
