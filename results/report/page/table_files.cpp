#include "results/report/page/table_files.h"

#include "results/report/csv.h"
#include "results/report/page/escape.h"

#include <fmt/format.h>

#include <cctype>

namespace mlvicx {

namespace {

Mark mark_at(const PageTable& table, std::size_t line, std::size_t column) {
    return table.marks.empty() ? Mark{} : table.marks[line][column];
}

std::string heading_of(const Table::Column& column) {
    return column.note.empty() ? column.label : column.label + " (" + column.note + ")";
}

/// "+1.2" and "-1.2" with the signs of mathematics, a hyphen between numbers being none.
std::string latex_entry(const std::string& entry) {
    std::string text;
    for (std::size_t i = 0; i < entry.size(); ++i) {
        const bool first = i == 0 || entry[i - 1] == ' ' || entry[i - 1] == '(';
        const bool number = i + 1 < entry.size() && std::isdigit(static_cast<unsigned char>(entry[i + 1])) != 0;
        if (first && number && (entry[i] == '-' || entry[i] == '+'))
            text += entry[i] == '-' ? "−" : "+";
        else
            text += entry[i];
    }
    return latex_escaped(text);
}

} // namespace

std::string table_csv(const PageTable& table) {
    std::string text;
    const auto put = [&](const std::string& field, bool last) { text += CsvField(field).text() + (last ? "\n" : ","); };
    put(table.table.head, table.table.columns.empty());
    for (std::size_t c = 0; c < table.table.columns.size(); ++c)
        put(heading_of(table.table.columns[c]), c + 1 == table.table.columns.size());
    for (const auto& line : table.table.lines) {
        put(line.name, line.entries.empty());
        for (std::size_t c = 0; c < line.entries.size(); ++c) put(line.entries[c], c + 1 == line.entries.size());
    }
    return text;
}

std::string table_md(const PageTable& table) {
    Table marked = table.table;
    for (std::size_t l = 0; l < marked.lines.size(); ++l)
        for (std::size_t c = 0; c < marked.lines[l].entries.size(); ++c) {
            auto& entry = marked.lines[l].entries[c];
            const auto mark = mark_at(table, l, c);
            if (mark.best) entry = fmt::format("**{}**", entry);
            if (mark.tied) entry += " ≈";
        }
    return table_markdown(marked);
}

std::string table_latex(const PageTable& table) {
    const auto& t = table.table;
    std::string text = "\\begin{table}\n  \\centering\\footnotesize\n";
    text += fmt::format("  \\caption{{{}: {}.", latex_escaped(t.title), latex_escaped(t.caption));
    for (const auto& line : legend_of_marks({table})) text += " " + latex_escaped(line);
    text += fmt::format("}}\n  \\label{{tab:{}}}\n", table.name);
    text += fmt::format("  \\begin{{tabular}}{{l{}}}\n    \\toprule\n    {}", std::string(t.columns.size(), 'r'),
                        latex_escaped(t.head));
    bool notes = false;
    for (const auto& column : t.columns) {
        text += " & " + latex_escaped(column.label);
        notes = notes || !column.note.empty();
    }
    text += " \\\\\n";
    if (notes) {
        text += "    ";
        for (const auto& column : t.columns) text += " & " + latex_escaped(column.note);
        text += " \\\\\n";
    }
    text += "    \\midrule\n";
    for (std::size_t l = 0; l < t.lines.size(); ++l) {
        text += "    " + latex_escaped(t.lines[l].name);
        for (std::size_t c = 0; c < t.lines[l].entries.size(); ++c) {
            const auto mark = mark_at(table, l, c);
            const std::string entry = latex_entry(t.lines[l].entries[c]);
            text += " & " + (mark.best ? "\\textbf{" + entry + "}" : entry) + (mark.tied ? " $\\approx$" : "");
        }
        text += " \\\\\n";
    }
    return text + "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n";
}

std::string all_tables_latex(const Page& page) {
    std::string text =
        "% All tables of the report. Each is a file of its own: \\input{NAME} needs the packages below.\n"
        "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs}\n"
        "\\usepackage[a3paper,landscape,margin=1cm]{geometry}\n\\begin{document}\n";
    for (const auto& section : page.sections)
        for (const auto& table : section.tables) text += "\\input{" + table.name + "}\n\\clearpage\n";
    return text + "\\end{document}\n";
}

} // namespace mlvicx
