#include "results/report/sections/published_text.h"

#include "results/report/csv.h"
#include "results/report/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace mlvicx {

namespace {

/// The names of datasets and networks as people write them: "ResNet-18" is "resnet18".
std::string plain(std::string_view name) {
    std::string result;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z') result += static_cast<char>(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) result += c;
    }
    return result;
}

bool is_of(const std::string& dataset, const std::string& published) {
    return dataset == published || dataset.starts_with(published + "_") || dataset.starts_with(published + "-");
}

const json::value* at(const json::value* value, std::string_view key) {
    const auto* object = value != nullptr ? value->if_object() : nullptr;
    return object != nullptr ? object->if_contains(json::string_view(key.data(), key.size())) : nullptr;
}

std::string text_at(const json::value* value, std::string_view key) {
    const auto* found = at(value, key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// What is known of an experiment's protocol.
class Protocols {
public:
    Protocols(Store& store, const std::string& experiment) : store_(store) {
        Statement query(store.db(), "SELECT plan FROM experiments WHERE id = ?");
        query.bind(1, store.find_experiment(experiment)).step();
        boost::system::error_code failed;
        plan_ = json::parse(query.text(0), failed);
    }

    /// Whether the plan's dataset is split like this: by kind, or by lists in a folder of this name.
    bool splits(const std::string& dataset, const std::string& published) const {
        const auto* split = at(at(at(&plan_, "datasets"), dataset), "split");
        std::string kind = text_at(split, "kind");
        if (kind.empty()) kind = "official";
        if (kind != "lists") return kind == published;
        for (const auto& part : std::filesystem::path(text_at(split, "train")))
            if (plain(part.string()) == plain(published)) return true;
        return false;
    }

    /// "resnet18" for an encoder with or without context bottlenecks.
    std::string network(const GridCell& cell) {
        Statement query(store_.db(), "SELECT json_extract(config, '$.encoder') FROM jobs WHERE hash = ?");
        query.bind(1, cell.runs.front().hash).step();
        const std::string name = query.text(0);
        return name.substr(0, name.find('+'));
    }

private:
    Store& store_;
    json::value plan_;
};

bool chosen_on_test(const GridCell& cell) {
    return std::find(cell.stamps.begin(), cell.stamps.end(), stamp::test_as_published) != cell.stamps.end();
}

/// What a published protocol does not share with an evaluation's; "(not stated)" where it is unknown.
std::vector<std::string> differences_of(Protocols& protocols, const GridRow& row, const GridCell& cell,
                                        const PublishedFigure& figure) {
    std::vector<std::string> differences;
    const auto compare = [&](const char* what, bool stated, bool same) {
        if (!stated)
            differences.push_back(std::string(what) + " not stated");
        else if (!same)
            differences.emplace_back(what);
    };
    compare("split", !figure.split.empty(), protocols.splits(row.dataset, figure.split));
    if (figure.metric == "auc")
        compare("classes", figure.classes.has_value(), figure.classes == std::ssize(cell.classes));
    compare("network", !figure.network.empty(), plain(figure.network) == plain(protocols.network(cell)));
    if (figure.selection == "test" || chosen_on_test(cell))
        compare("selection", true, (figure.selection == "test") == chosen_on_test(cell));
    return differences;
}

std::string shown(const GridCell& cell) {
    const auto& figure = cell.main();
    std::string text = fmt::format("{:.1f}", 100 * figure.value.mean);
    if (figure.interval) text += " (" + interval_text(*figure.interval) + ")";
    return cell.stamps.empty() ? text : text + " " + marks_of(cell.stamps);
}

const char* metric_of(Task task) {
    return task == Task::segmentation ? "dice" : "auc";
}

} // namespace

std::string PublishedLine::same_text() const {
    if (same()) return "yes";
    std::string text = fmt::format("{}", fmt::join(differences, ", "));
    if (!published->comparable) text += (text.empty() ? "" : "; ") + published->reason;
    return "no (" + text + ")";
}

std::string PublishedLine::name() const {
    return fmt::format("{}{}, {}", published->method, published->network.empty() ? "" : " (" + published->network + ")",
                       fraction_label(published->fraction));
}

std::string PublishedLine::value_text() const {
    std::string text = fmt::format("{}", published->value);
    if (published->value_to) text += fmt::format(" to {}", *published->value_to);
    if (published->deviation) text += fmt::format(" ± {}", *published->deviation);
    return text;
}

std::vector<PublishedLine> published_lines(Store& store, const std::string& experiment,
                                           const std::vector<GridRow>& rows,
                                           const std::vector<PublishedFigure>& figures) {
    Protocols protocols(store, experiment);
    std::vector<PublishedLine> lines;
    for_each_table(rows, [&](std::span<const GridRow> table) {
        for (const auto& figure : figures) {
            if (figure.metric != metric_of(table.front().task) || !is_of(table.front().dataset, figure.dataset))
                continue;
            PublishedLine line{table.front(), &figure, {}, {}};
            for (const auto& row : table)
                for (const auto& cell : row.cells) {
                    if (cell.fraction != figure.fraction || cell.runs.empty()) continue;
                    if (line.ours.empty()) line.differences = differences_of(protocols, row, cell, figure);
                    line.ours.push_back({row.method, shown(cell)});
                }
            if (!line.ours.empty()) lines.push_back(std::move(line));
        }
    });
    return lines;
}

std::string published_text(const std::vector<PublishedLine>& lines) {
    if (lines.empty()) return "no published figure is of a dataset and label fraction of this experiment\n";
    std::string text;
    for_each_table(lines, [&](std::span<const PublishedLine> table) {
        text += (text.empty() ? "" : "\n") + table.front().title() + "\n";
        for (const auto& line : table) {
            std::vector<std::string> ours;
            for (const auto& our : line.ours) ours.push_back(our.method + " " + our.figure);
            const std::string sentence =
                fmt::format("{}: published {}, here {}; same protocol: {}; source: {}", line.name(), line.value_text(),
                            fmt::join(ours, ", "), line.same_text(), line.published->source);
            std::string wrapped_text = "  " + wrapped(sentence, 74);
            for (auto end = wrapped_text.find('\n'); end != std::string::npos; end = wrapped_text.find('\n', end + 5))
                wrapped_text.replace(end, 1, "\n    ");
            text += wrapped_text + "\n";
        }
    });
    return text;
}

std::vector<Table> published_tables(const std::vector<PublishedLine>& lines) {
    std::vector<Table> tables;
    for_each_table(lines, [&](std::span<const PublishedLine> group) {
        Table figures, protocols;
        figures.head = protocols.head = "published";
        figures.title = group.front().title() + ": published figures";
        figures.caption = fmt::format("test {} in percent, and ours at the same label fraction (95 % interval over "
                                      "patients)",
                                      group.front().published->metric == "auc" ? "AUC" : "Dice");
        protocols.title = group.front().title() + ": what differs from published figures";
        protocols.caption = "same protocol: split, classes, network and selection agree, and nothing else speaks "
                            "against a comparison";
        std::vector<std::string> methods;
        for (const auto& line : group)
            for (const auto& our : line.ours) order_of(methods, our.method);
        figures.columns = {{"figure", ""}};
        for (const auto& method : methods) figures.columns.push_back({method, "here"});
        protocols.columns = {{"same protocol", ""}, {"source", ""}};
        for (const auto& line : group) {
            figures.lines.push_back({line.name(), std::vector<std::string>(figures.columns.size())});
            figures.lines.back().entries.front() = line.value_text();
            for (const auto& our : line.ours)
                figures.lines.back().entries[1 + order_of(methods, our.method)] = our.figure;
            protocols.lines.push_back({line.name(), {line.same_text(), line.published->source}});
        }
        tables.push_back(std::move(figures));
        tables.push_back(std::move(protocols));
    });
    return tables;
}

std::string published_csv(const std::vector<PublishedLine>& lines) {
    struct Row {
        const PublishedLine& line;
        const PublishedLine::Ours& ours;
    };
    CsvText<Row> csv({{"dataset", [](const Row& row) { return row.line.dataset; }},
                      {"protocol", [](const Row& row) { return row.line.protocol; }},
                      {"fraction", [](const Row& row) { return row.line.published->fraction; }},
                      {"published_method", [](const Row& row) { return row.line.published->method; }},
                      {"published_network", [](const Row& row) { return row.line.published->network; }},
                      {"published", [](const Row& row) { return row.line.value_text(); }},
                      {"method", [](const Row& row) { return row.ours.method; }},
                      {"here", [](const Row& row) { return row.ours.figure; }},
                      {"same_protocol", [](const Row& row) { return row.line.same_text(); }},
                      {"source", [](const Row& row) { return row.line.published->source; }}});
    for (const auto& line : lines)
        for (const auto& ours : line.ours) csv.add({line, ours});
    return csv.text();
}

} // namespace mlvicx
