#include "results/report/encoders.h"

#include "results/report/text.h"
#include "results/statistics/groups.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace mlvicx {

namespace {

struct Row {
    std::string label, file, digest, made; ///< made: "simclr, 300 epochs on nih, seed 0"
    bool random = false;
    std::set<std::int64_t> seeds; ///< of the evaluations

    auto encoder() const { return std::tie(label, file, digest, made, random); }
};

std::string made_text(const Statement& query) {
    std::string text = query.text(4);
    if (text.empty()) return text;
    if (!query.text(5).empty()) text += ", " + query.text(5) + (query.text(5) == "1" ? " epoch" : " epochs");
    if (!query.text(6).empty()) text += " on " + query.text(6);
    if (!query.text(7).empty()) text += ", seed " + query.text(7);
    return text;
}

std::vector<Row> rows_of(Store& store, const std::string& experiment) {
    const auto key = [](const char* name) { return fmt::format("json_extract(c.details, '$.weights.{}')", name); };
    std::string columns;
    for (const char* name : {"file", "digest", "random", "method", "epochs", "dataset", "seed"})
        columns += ", " + key(name);
    Statement query(store.db(), "SELECT x.method" + columns +
                                    ", c.seed FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                                    "WHERE x.experiment_id = ? AND c.state = 'done' AND c.kind = 'evaluate' "
                                    "AND json_type(c.details, '$.weights') = 'object' ORDER BY x.position");
    query.bind(1, store.find_experiment(experiment));
    std::vector<std::string> labels;
    std::vector<Row> rows;
    while (query.step()) {
        Row row{query.text(0), query.text(1), query.text(2), made_text(query), query.integer(3) != 0, {}};
        order_of(labels, row.label);
        auto same =
            std::find_if(rows.begin(), rows.end(), [&](const Row& other) { return other.encoder() == row.encoder(); });
        if (same == rows.end()) same = rows.insert(rows.end(), std::move(row));
        same->seeds.insert(query.integer(8));
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Row& a, const Row& b) { return order_of(labels, a.label) < order_of(labels, b.label); });
    return rows;
}

} // namespace

namespace {

std::string origin_of(const Row& row) {
    return row.random ? "initial weights" : row.made.empty() ? "unknown: trained elsewhere" : row.made;
}

} // namespace

Table encoders_table(Store& store, const std::string& experiment) {
    Table table;
    table.head = "label";
    table.title = "Encoders";
    table.caption = "the weights behind each row";
    table.columns = {
        {"evaluated with seed", ""}, {"file", ""}, {"digest of the weights (SHA-256)", ""}, {"made by", ""}};
    for (const auto& row : rows_of(store, experiment))
        table.lines.push_back(
            {row.label, {fmt::format("{}", fmt::join(row.seeds, ", ")), row.file, row.digest, origin_of(row)}});
    return table;
}

std::string encoders_markdown(Store& store, const std::string& experiment) {
    std::string text;
    for (const auto& row : rows_of(store, experiment)) {
        text += fmt::format("| {} | {} | {} | {} | {} |\n", markdown_escaped(row.label), fmt::join(row.seeds, ", "),
                            markdown_escaped(row.file), row.digest.empty() ? "" : "`" + row.digest + "`",
                            markdown_escaped(origin_of(row)));
    }
    if (text.empty()) return text;
    return "| label | evaluated with seed | file | digest of the weights (SHA-256) | made by "
           "|\n|:--|:--|:--|:--|:--|\n" +
           text;
}

std::string encoders_text(Store& store, const std::string& experiment) {
    const auto rows = rows_of(store, experiment);
    std::string text;
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [&](const Row& row) { return row.label != begin->label; });
        if (begin->file.empty()) {
            text += begin->label + ": " + (begin->random ? "initial weights" : begin->made) + "\n";
        } else {
            text += end - begin == 1
                        ? fmt::format("{}: {} ({})", begin->label, begin->file, begin->digest.substr(0, 12))
                        : fmt::format("{}: {} encoders, the first {} ({})", begin->label, end - begin, begin->file,
                                      begin->digest.substr(0, 12));
            text += begin->made.empty() ? "\n" : ", " + begin->made + "\n";
        }
        begin = end;
    }
    return text;
}

} // namespace mlvicx
