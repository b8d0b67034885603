#include "results/segmentation_report.h"

#include <algorithm>
#include <map>

namespace mlvicx {

namespace {

struct Entry {
    const SegmentationRow* row;
    const SegmentationCell* cell;
};

/// The pairs of one dataset, protocol and fraction.
void add_pairs(const std::vector<Entry>& entries, std::vector<SegmentationPair>& pairs) {
    const std::size_t first = pairs.size();
    for (std::size_t i = 0; i < entries.size(); ++i)
        for (std::size_t j = i + 1; j < entries.size(); ++j) {
            const auto &a = *entries[i].cell, &b = *entries[j].cell;
            if (a.film_set != b.film_set) continue;
            SegmentationPair pair;
            pair.dataset = entries[i].row->dataset;
            pair.protocol = entries[i].row->protocol;
            pair.fraction = a.fraction;
            pair.a = entries[i].row->method;
            pair.b = entries[j].row->method;
            pair.runs_a = std::ssize(a.hashes);
            pair.runs_b = std::ssize(b.hashes);
            pair.films = a.test_films;
            pair.patients = a.test_patients;
            for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
                const auto &of_a = a.figures[k], &of_b = b.figures[k];
                if (of_a.replicates.empty() || of_b.replicates.empty()) continue; // undefined in one of them
                pair.differences[k] =
                    paired_difference(of_a.value.mean, of_a.replicates, of_b.value.mean, of_b.replicates);
            }
            pairs.push_back(std::move(pair));
        }
    for (std::size_t k = 0; k < overlap_metrics.size(); ++k) {
        std::vector<std::optional<double>> p;
        for (std::size_t i = first; i < pairs.size(); ++i)
            p.push_back(pairs[i].differences[k] ? pairs[i].differences[k]->p : std::nullopt);
        const auto corrected = holm(p);
        for (std::size_t i = first; i < pairs.size(); ++i) pairs[i].holm[k] = corrected[i - first];
    }
}

} // namespace

std::vector<SegmentationPair> segmentation_pairs(const std::vector<SegmentationRow>& rows) {
    std::vector<SegmentationPair> pairs;
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [&](const SegmentationRow& row) {
            return row.dataset != begin->dataset || row.protocol != begin->protocol;
        });
        std::map<std::pair<bool, double>, std::vector<Entry>> fractions;
        for (auto row = begin; row != end; ++row)
            for (const auto& cell : row->cells)
                if (cell.film_set != 0) fractions[{cell.fraction <= 1, cell.fraction}].push_back({&*row, &cell});
        for (const auto& [fraction, entries] : fractions) add_pairs(entries, pairs);
        begin = end;
    }
    return pairs;
}

} // namespace mlvicx
