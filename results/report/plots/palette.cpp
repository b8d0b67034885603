#include "results/report/plots/palette.h"

#include "core/error.h"
#include "results/report/page/escape.h"

#include <vector>

namespace mlvicx {

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// Removes each part from `begin` to the end of the next `end`.
void remove_parts(std::string& text, const std::string& begin, const std::string& end) {
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
        const auto stop = text.find(end, at + begin.size());
        if (stop == std::string::npos) return;
        text.erase(at, stop + end.size() - at);
    }
}

/// The two ways in which gnuplot writes a colour.
std::vector<std::string> written(unsigned colour) {
    const unsigned red = colour >> 16, green = colour >> 8 & 255, blue = colour & 255;
    return {fmt::format("rgb({:3}, {:3}, {:3})", red, green, blue), fmt::format("rgb({},{},{})", red, green, blue)};
}

/// The text from `begin` to the end of `end`, empty if it is not there.
std::string part_of(const std::string& text, const std::string& begin, const std::string& end) {
    const auto at = text.find(begin);
    if (at == std::string::npos) return "";
    const auto stop = text.find(end, at + begin.size());
    return stop == std::string::npos ? "" : text.substr(at, stop + end.size() - at);
}

} // namespace

LineStyle line_style(int style) {
    constexpr std::array<int, 6> filled = {7, 5, 9, 11, 13, 15}, open = {6, 4, 8, 10, 12, 14};
    constexpr std::array<int, 3> strokes = {2, 1, 3};
    if (style <= 0) {
        const auto control = static_cast<std::size_t>(-style);
        return {line_colours[0], 0, 2 + static_cast<int>(control / strokes.size() % 3),
                strokes[control % strokes.size()]};
    }
    const auto method = static_cast<std::size_t>(style - 1), i = method % filled.size(), round = method / filled.size();
    return {line_colours[i + 1], i + 1, static_cast<int>(1 + round % 4), round % 2 == 0 ? filled[i] : open[i]};
}

std::string hex(unsigned colour) {
    return fmt::format("#{:06x}", colour);
}

std::string page_svg(const std::string& svg, const std::string& label) {
    const std::string box = part_of(svg, "viewBox=\"", "\"");
    const auto at = svg.find("<g id=\"gnuplot_canvas\">"), last = svg.rfind("</svg>");
    ensure(at != std::string::npos && last != std::string::npos, "gnuplot's SVG has an unexpected form");
    std::string body = svg.substr(at, last - at);
    remove_parts(body, "<defs>", "</defs>");
    remove_parts(body, "<title>", "</title>");
    remove_parts(body, "<rect x=\"0\" y=\"0\"", "/>");
    remove_parts(body, " id=\"", "\"");
    for (const char* colour : {"black", "gray", "#FFFFFF"}) replace_all(body, fmt::format(" color=\"{}\"", colour), "");
    replace_all(body, "fill=\"black\"", "fill=\"currentColor\"");
    replace_all(body, "stroke=\"black\"", "stroke=\"currentColor\"");
    const auto follow = [&](unsigned colour, const std::string& variable) {
        for (const auto& text : written(colour)) replace_all(body, text, variable);
    };
    follow(ink.light, "currentColor");
    follow(axes.light, "var(--axis)");
    follow(grid_lines.light, "var(--rule)");
    for (std::size_t i = 0; i < line_colours.size(); ++i)
        follow(line_colours[i].light, fmt::format("var(--line-{})", i));
    replace_all(body, " font-family=\"sans-serif\"", "");
    replace_all(body, " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "");
    // gnuplot opens a group for each change of its state, most of them empty.
    for (auto begin = body.find("<g "); begin != std::string::npos; begin = body.find("<g ", begin)) {
        const auto inside = body.find('>', begin) + 1, next = body.find_first_not_of(" \t\n", inside);
        if (body.compare(next, 4, "</g>") == 0)
            body.erase(begin, next + 4 - begin);
        else
            begin = inside;
    }
    std::string lines;
    for (std::size_t i = 0; i < body.size(); ++i)
        if (!(body[i] == '\t' || (body[i] == '\n' && !lines.empty() && lines.back() == '\n'))) lines += body[i];
    return fmt::format("<svg {} role=\"img\" aria-label=\"{}\">{}</svg>", box, html_escaped(label), lines);
}

std::string svg_symbols(const std::string& svg) {
    std::string symbols = part_of(svg, "<defs>", "</defs>");
    remove_parts(symbols, "<filter", "</filter>");
    return symbols.empty()
               ? ""
               : "<svg class=\"symbols\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\">" + symbols +
                     "</svg>\n";
}

std::string colour_variables(bool dark) {
    std::string text;
    const auto add = [&](const std::string& name, const Colour& colour) {
        text += fmt::format("--{}: {}; ", name, hex(dark ? colour.dark : colour.light));
    };
    for (std::size_t i = 0; i < line_colours.size(); ++i) add(fmt::format("line-{}", i), line_colours[i]);
    add("ink", ink);
    add("axis", axes);
    add("rule", grid_lines);
    return text;
}

} // namespace mlvicx
