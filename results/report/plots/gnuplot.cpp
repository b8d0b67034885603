#include "results/report/plots/gnuplot.h"

#include "core/child.h"
#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"
#include "results/report/plots/palette.h"
#include "results/report/text.h"

#include <algorithm>

namespace mlvicx {

namespace {

namespace fs = std::filesystem;

/// A string expression of gnuplot's. Within double quotes it substitutes the output of commands in backticks, so these
/// are written as octal numbers, each at the end of a string: gnuplot would read on in a digit after it.
std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : printable_utf8(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '`')
            result += "\\140\" . \"";
        else if (c == '"' || c == '\\')
            result += std::string("\\") + c;
        else
            result += byte < ' ' || byte == 0x7f ? ' ' : c;
    }
    return result + "\"";
}

std::string range_of(const char* axis, const Axis& of) {
    const auto end = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "*"; };
    return fmt::format("set {}range [{}:{}]\n", axis, end(of.low), end(of.high));
}

std::string axis_commands(const char* axis, const Axis& of, const char* offset) {
    return fmt::format("set {0}label {1} tc rgb '{2}' offset {5}\n{3}\n{4}", axis, quoted(of.label), hex(ink.light),
                       of.logarithmic ? fmt::format("set logscale {}", axis) : fmt::format("unset logscale {}", axis),
                       range_of(axis, of), offset);
}

/// On a logarithmic axis with few values, these values: gnuplot would label powers of ten only.
std::string ticks_of(const Plot& plot) {
    std::vector<double> values;
    for (const auto& series : plot.series) values.insert(values.end(), series.x.begin(), series.x.end());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (!plot.x.logarithmic || values.empty() || values.size() > 8) return "set xtics autofreq\n";
    std::string text;
    double last = 0;
    for (const double value : values) {
        if (last > 0 && value < 1.25 * last) continue; // labels would overlap
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", quoted(fmt::format("{:.4g}", value)), value);
        last = value;
    }
    return "set xtics (" + text + ")\n";
}

/// The data of a series as a named block.
std::string block_of(const Series& series, std::size_t number) {
    std::string text = fmt::format("$s{} << EOD\n", number);
    for (std::size_t i = 0; i < series.x.size(); ++i) {
        text += fmt::format("{} {}", series.x[i], series.y[i]);
        if (!series.low.empty()) text += fmt::format(" {} {}", series.low[i], series.high[i]);
        text += '\n';
    }
    return text + "EOD\n";
}

std::string plot_command(const Plot& plot) {
    std::vector<std::string> parts;
    if (plot.diagonal) parts.push_back(fmt::format("x with lines lc rgb '{}' lw 1 dt 3 notitle", hex(axes.light)));
    for (std::size_t i = 0; i < plot.series.size(); ++i)
        if (!plot.series[i].low.empty())
            parts.push_back(fmt::format("$s{} using 1:3:4 with filledcurves fc rgb '{}' fs transparent solid 0.1 "
                                        "noborder notitle",
                                        i, hex(line_style(plot.series[i].style).colour.light)));
    for (std::size_t i = 0; i < plot.series.size(); ++i) {
        const auto& series = plot.series[i];
        const auto style = line_style(series.style);
        const std::string marker = series.markers ? fmt::format(" pt {} ps 0.7", style.marker) : "";
        parts.push_back(fmt::format("$s{} using 1:2 with {} lc rgb '{}' lw 1.6 dt {}{} {}", i,
                                    series.markers ? "linespoints" : "lines", hex(style.colour.light), style.dash,
                                    marker, series.name.empty() ? "notitle" : "title " + quoted(series.name)));
    }
    std::string text = "plot ";
    for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? ", \\\n  " : "") + parts[i];
    return text + "\n";
}

/// A drawing's width and height and the key under it, in pixels: as many names side by side as fit. gnuplot's own
/// layout guesses wide letters and takes the lines it then needs from the plot.
struct Layout {
    std::size_t columns = 1, lines = 0;

    explicit Layout(const Plot& plot) {
        std::size_t names = 0, longest = 1;
        for (const auto& series : plot.series) {
            names += series.name.empty() ? 0 : 1;
            longest = std::max(longest, text_width(series.name));
        }
        constexpr std::size_t letter = 6, sample = 40;
        columns = std::clamp<std::size_t>(width / (letter * longest + sample), 1, 3);
        lines = (names + columns - 1) / columns;
    }
    static constexpr std::size_t width = 360, axis = 44;
    std::size_t key() const { return 17 * lines + 4; }
    std::size_t height() const { return 216 + axis + key(); }
    /// As a part of the height.
    double part(std::size_t pixels) const { return static_cast<double>(pixels) / static_cast<double>(height()); }
};

constexpr const char* common = R"(set encoding utf8
set border 3 lc rgb '{axis}' lw 1
set tics nomirror scale 0.5 tc rgb '{ink}'
set xtics offset 0,0.3
set grid lc rgb '{rule}' lw 0.8 dt solid
set lmargin 7
set rmargin 1.8
set tmargin 0.8
)";

} // namespace

std::string gnuplot_script(const std::vector<Plot>& plots, const fs::path& folder) {
    std::string text = fmt::format(fmt::runtime(common), fmt::arg("axis", hex(axes.light)),
                                   fmt::arg("ink", hex(ink.light)), fmt::arg("rule", hex(grid_lines.light)));
    for (const auto& plot : plots) {
        for (std::size_t i = 0; i < plot.series.size(); ++i) text += block_of(plot.series[i], i);
        text += axis_commands("x", plot.x, "0,0.5") + axis_commands("y", plot.y, "1.2,0") + ticks_of(plot);
        const Layout layout(plot);
        text += fmt::format("set bmargin at screen {:.4f}\n"
                            "set key at screen 0.03,{:.4f} left top vertical Left reverse maxrows {} samplen 1.6 "
                            "spacing 1.1 width -1 font ',10' noenhanced\n",
                            layout.part(layout.axis + layout.key()), layout.part(layout.key()),
                            std::max<std::size_t>(layout.lines, 1));
        const auto command = plot_command(plot);
        const auto file = [&](const char* ending) { return quoted((folder / (plot.name + ending)).string()); };
        text += fmt::format("set terminal svg size {},{} dynamic font 'sans-serif,12' noenhanced background rgb "
                            "'white'\nset output {}\n{}",
                            Layout::width, layout.height(), file(".svg"), command);
        constexpr double centimetres = 9.0 / Layout::width;
        text += fmt::format("set terminal pdfcairo size 9cm,{:.2f}cm font 'sans-serif,9' noenhanced\n"
                            "set output {}\n{}unset output\n",
                            centimetres * static_cast<double>(layout.height()), file(".pdf"), command);
    }
    return text;
}

std::string draw(const std::vector<Plot>& plots, const fs::path& folder, double seconds, const std::string& program) {
    if (plots.empty()) return "";
    const fs::path script = folder / "plots.gnuplot";
    write_text(script, gnuplot_script(plots, folder));
    const auto end = run_child({program, "--default-settings"}, script, seconds);
    std::error_code ignored;
    fs::remove(script, ignored);
    if (!end)
        return fmt::format("This report has no plots, because {} is not installed (Debian and Ubuntu: apt-get install "
                           "gnuplot-nox).",
                           program);
    if (end->timed_out) return fmt::format("This report has no plots, because gnuplot took more than {} s.", seconds);
    for (const auto& plot : plots)
        for (const char* ending : {".svg", ".pdf"})
            if (end->status != 0 || !fs::exists(folder / (plot.name + ending)))
                return fmt::format("This report has no plots, because gnuplot ended with status {}: {}", end->status,
                                   end->errors.substr(0, 500));
    return "";
}

} // namespace mlvicx
