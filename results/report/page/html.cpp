#include "results/report/page/html.h"

#include "core/version.h"
#include "report_style.h"
#include "results/report/page/escape.h"
#include "results/report/plots/palette.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace mlvicx {

namespace {

/// Escaped; a number stays with its unit.
std::string plain(const std::string& text) {
    std::string result = html_escaped(text);
    for (auto at = result.find(" %"); at != std::string::npos; at = result.find(" %", at + 1))
        result.replace(at, 1, "&nbsp;");
    return result;
}

/// A sentence: its first letter large, unless it is a symbol ("n = 3"), its end a full stop.
std::string sentence(std::string text) {
    if (text.empty()) return text;
    if (text.size() > 1 && text[1] == ' ') return text + ".";
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text.back() == '.' ? text : text + ".";
}

/// Escaped, with `code` between backticks.
std::string prose(const std::string& text) {
    std::string result;
    bool code = false;
    for (std::size_t at = 0; at <= text.size();) {
        const auto tick = std::min(text.find('`', at), text.size());
        result += plain(text.substr(at, tick - at));
        if (tick == text.size()) break;
        if (!code && text.find('`', tick + 1) == std::string::npos)
            result += '`';
        else
            result += (code = !code) ? "<code>" : "</code>";
        at = tick + 1;
    }
    return result;
}

void paragraphs(const std::vector<std::string>& texts, const char* kind, std::string& html) {
    for (const auto& text : texts) html += fmt::format("<p{}>{}</p>\n", kind, prose(text));
}

/// "72.1" and "(70.1–74.2) ± 2.0": a figure, and what qualifies it in smaller print.
std::pair<std::string, std::string> split_figure(const std::string& entry) {
    const auto blank = entry.find(' ');
    const bool number = blank != std::string::npos && blank > 0 && entry.find_first_not_of("+-.0123456789") == blank;
    if (!number || (entry[blank + 1] != '(' && entry.compare(blank + 1, 2, "±") != 0)) return {entry, ""};
    return {entry.substr(0, blank), entry.substr(blank + 1)};
}

std::string cell(const std::string& entry, const Mark& mark) {
    const auto [figure, rest] = split_figure(entry);
    std::string text = plain(figure);
    if (mark.best) text = "<strong>" + text + "</strong>";
    if (!mark.link.empty() && !entry.empty()) text = fmt::format("<a href=\"#{}\">{}</a>", mark.link, text);
    if (mark.tied) text += " <span class=\"tie\" title=\"not distinguishable from the highest\">≈</span>";
    if (!rest.empty()) text += " <span class=\"more\">" + plain(rest) + "</span>";
    std::string style;
    if (mark.heat && *mark.heat != 0)
        style = fmt::format(" class=\"{}\" style=\"--heat:{:.0f}%\"", *mark.heat > 0 ? "above" : "below",
                            100 * std::min(1.0, std::abs(*mark.heat)));
    return fmt::format("<td{}>{}</td>", style, text);
}

std::string file_links(const std::string& folder, const std::string& name,
                       std::initializer_list<std::pair<const char*, const char*>> kinds) {
    std::string links;
    for (const auto& [ending, label] : kinds)
        links += fmt::format(" <a href=\"{}/{}.{}\">{}</a>", folder, name, ending, label);
    return "<span class=\"files\">" + links.substr(1) + "</span>";
}

void add_table(const PageTable& page_table, std::string& html) {
    const auto& table = page_table.table;
    const std::string id = "table-" + page_table.name;
    html +=
        fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{}\">\n<table>\n"
                    "<caption id=\"{}\"><div><strong>{}</strong>{} {}</div></caption>\n",
                    id, id, plain(table.title), table.caption.empty() ? "" : "<br>" + prose(sentence(table.caption)),
                    file_links("tables", page_table.name, {{"tex", "LaTeX"}, {"csv", "CSV"}, {"md", "Markdown"}}));
    html += fmt::format("<thead><tr><th scope=\"col\">{}</th>", html_escaped(table.head));
    for (const auto& column : table.columns) {
        html += "<th scope=\"col\">" + plain(column.label);
        if (!column.note.empty()) html += " <span class=\"more\">" + html_escaped(column.note) + "</span>";
        html += "</th>";
    }
    html += "</tr></thead>\n<tbody>\n";
    for (std::size_t l = 0; l < table.lines.size(); ++l) {
        const auto& line = table.lines[l];
        html += page_table.anchors.empty() ? "<tr>" : fmt::format("<tr id=\"{}\">", page_table.anchors[l]);
        html += "<th scope=\"row\">" + plain(line.name) + "</th>";
        for (std::size_t c = 0; c < line.entries.size(); ++c)
            html += cell(line.entries[c], page_table.marks.empty() ? Mark{} : page_table.marks[l][c]);
        html += "</tr>\n";
    }
    html += "</tbody>\n</table>\n</div>\n";
}

void add_plots(const Section& section, const std::function<std::string(const Plot&)>& svg_of, std::string& html) {
    std::string figures;
    for (const auto& plot : section.plots) {
        const auto svg = svg_of(plot);
        if (svg.empty()) continue;
        figures += fmt::format("<figure>{}<figcaption><strong>{}</strong><br>{} {}</figcaption></figure>\n",
                               page_svg(svg, spoken(plot)), plain(plot.title), prose(plot.caption),
                               file_links("plots", plot.name, {{"svg", "SVG"}, {"pdf", "PDF"}, {"csv", "CSV"}}));
    }
    if (!figures.empty()) html += "<div class=\"plots\">\n" + figures + "</div>\n";
}

void add_section(const Section& section, const std::function<std::string(const Plot&)>& svg_of, std::string& html) {
    html += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n",
                        section.id, html_escaped(section.title));
    paragraphs(section.text, "", html);
    add_plots(section, svg_of, html);
    for (const auto& table : section.tables) add_table(table, html);
    if (!section.pictures.empty()) html += "<div class=\"gallery\">\n";
    for (const auto& picture : section.pictures)
        html += fmt::format("<figure><img alt=\"{0}\" loading=\"lazy\" src=\"data:image/{1};base64,{2}\">"
                            "<figcaption>{0}</figcaption></figure>\n",
                            html_escaped(picture.caption), picture.is_jpeg() ? "jpeg" : "png", base64(picture.bytes));
    if (!section.pictures.empty()) html += "</div>\n";
    paragraphs(section.legend, " class=\"legend\"", html);
    for (const auto& listing : section.listings)
        html += fmt::format("<details><summary>{}</summary><pre id=\"{}\" tabindex=\"0\">{}</pre></details>\n",
                            html_escaped(listing.title), listing.anchor, html_escaped(listing.text));
    html += "</section>\n";
}

} // namespace

std::string html_of(const Page& page, const std::function<std::string(const Plot&)>& svg_of) {
    std::string html = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
        "data:\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"generator\" content=\"mlvicx-bench {0}\">\n<title>{1} - mlvicx-bench</title>\n"
        "<style>\n:root {{ {2}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {3}}} }}\n"
        "@media print {{ :root {{ {2}}} }}\n{4}</style>\n</head>\n<body>\n",
        suite_version, html_escaped(page.title), colour_variables(false), colour_variables(true), report_style);
    std::string symbols;
    for (const auto& section : page.sections)
        for (const auto& plot : section.plots)
            if (symbols.empty()) symbols = svg_symbols(svg_of(plot));
    html += "<a class=\"skip\" href=\"#content\">Skip to the results</a>\n" + symbols + "<header>\n<h1>" +
            html_escaped(page.title) + "</h1>\n";
    if (!page.about.empty()) html += "<p class=\"about\">" + prose(page.about) + "</p>\n";
    html += "<dl>\n";
    for (const auto& [name, value] : page.facts)
        html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_escaped(name), plain(value));
    html += "</dl>\n";
    paragraphs(page.warnings, " class=\"warning\"", html);
    html += "</header>\n<nav aria-label=\"Sections\"><ol>\n";
    for (const auto& section : page.sections)
        html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, html_escaped(section.title));
    html += "</ol></nav>\n<main id=\"content\" tabindex=\"-1\">\n";
    for (const auto& section : page.sections) add_section(section, svg_of, html);
    return html + fmt::format("</main>\n<footer><p>Made by mlvicx-bench {} from the results file alone.</p></footer>\n"
                              "</body>\n</html>\n",
                              suite_version);
}

} // namespace mlvicx
