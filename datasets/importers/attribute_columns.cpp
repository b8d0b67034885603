#include "datasets/importers/attribute_columns.h"

#include <fmt/ranges.h>

namespace mlvicx {

std::string AttributeWords::read(std::size_t kind, std::string_view image, std::string_view word) {
    const auto value = attribute_table()[kind].read(word);
    if (!value) notes_.push_back(attribute_note(kind, image, word));
    return value.value_or("");
}

void AttributeWords::record(DatasetIndex& index, json::object sources) const {
    index.provenance["attributes"] = std::move(sources);
    index.provenance["attribute_notes"] = count_notes({notes_});
    say_notes(index.provenance["attribute_notes"].get_object());
}

AttributeColumns attribute_columns(const Csv& table, const std::function<bool(std::size_t)>& may_be) {
    AttributeColumns columns;
    for (std::size_t kind = 0; kind < attribute_count; ++kind)
        for (const std::string_view name : attribute_table()[kind].columns)
            for (std::size_t c = 0; c < table.columns().size(); ++c)
                if (plain_name(table.columns()[c]) == name && may_be(c)) columns[kind].push_back(c);
    return columns;
}

AttributeColumns attribute_columns(const Csv& table) {
    return attribute_columns(table, [](std::size_t) { return true; });
}

AttributeTexts AttributeReading::read(std::size_t row, std::string_view image) {
    AttributeTexts texts;
    for (std::size_t kind = 0; kind < attribute_count; ++kind)
        for (const std::size_t column : columns_[kind]) {
            const std::string value = words_.read(kind, image, table_.cell(row, column));
            if (texts[kind].empty()) texts[kind] = value;
        }
    return texts;
}

void AttributeReading::record(DatasetIndex& index) const {
    json::object sources;
    for (std::size_t kind = 0; kind < attribute_count; ++kind) {
        std::vector<std::string> names;
        for (const std::size_t column : columns_[kind]) names.push_back('"' + table_.columns()[column] + '"');
        if (!names.empty())
            sources[attribute_table()[kind].name] =
                fmt::format("column{} {}", names.size() == 1 ? "" : "s", fmt::join(names, ", "));
    }
    words_.record(index, std::move(sources));
}

} // namespace mlvicx
