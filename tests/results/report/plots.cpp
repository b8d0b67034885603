#include "tests/support/catch.h"

#include "core/files.h"
#include "results/report/page/escape.h"
#include "results/report/plots/gnuplot.h"
#include "results/report/plots/palette.h"
#include "tests/support/html_check.h"
#include "tests/support/temporary.h"

#include <regex>
#include <set>

using namespace mlvicx;

namespace {

Plot example() {
    Plot plot;
    plot.name = "example";
    plot.title = "An example";
    plot.x = {"labelled images", true, {}, {}};
    plot.y = {"AUC, %", false, 50, 100};
    plot.diagonal = true;
    for (int style = 0; style < 9; ++style)
        plot.series.push_back(
            {fmt::format("method's \"{}\" `x`", style), style, {35, 700}, {60, 70.5}, {58, 68}, {62, 72}, true});
    return plot;
}

} // namespace

TEST_CASE("plots: each is drawn as SVG and PDF; in a page its colours follow dark mode", "[unit]") {
    const TempFolder folder;
    const auto said = draw({example()}, folder.path);
    if (said.find("not installed") != std::string::npos) SKIP_TEST(said.c_str());
    REQUIRE(said.empty());
    CHECK(folder.names() == std::vector<std::string>{"example.pdf", "example.svg"});
    CHECK(read_text(folder / "example.pdf").starts_with("%PDF"));
    const auto svg = read_text(folder / "example.svg");
    CHECK(contains(svg, "method's \"8\" `x`"));
    const auto inside = page_svg(svg, "A \"label\"");
    CHECK(inside.starts_with("<svg viewBox=\"0 0 360 "));
    CHECK(contains(inside, "aria-label=\"A &quot;label&quot;\""));
    for (const char* variable : {"var(--line-0)", "var(--line-6)", "var(--axis)", "var(--rule)", "currentColor"})
        CHECK(contains(inside, variable));
    for (const char* fixed : {"rgb(", "black", "#ffffff", "<defs", " id="}) CHECK_FALSE(contains(inside, fixed));
    CHECK_NOTHROW(html::elements_of(inside));
    const auto symbols = svg_symbols(svg);
    CHECK(contains(symbols, "gpPt7"));
    CHECK_NOTHROW(html::elements_of(symbols));
}

TEST_CASE("plots: every name of the key is inside the drawing and under the plot, which keeps its height", "[unit]") {
    const TempFolder folder;
    for (const std::size_t lines : {1, 3, 8, 12})
        for (const std::string name : {"vicreg", "mlvicx (backbone)", "a method whose name fills a line of the key"}) {
            Plot plot = example();
            plot.series.resize(1);
            plot.series.resize(lines, plot.series[0]);
            for (std::size_t i = 0; i < lines; ++i) plot.series[i].name = fmt::format("{}{}", name, i);
            const auto said = draw({plot}, folder.path);
            if (said.find("not installed") != std::string::npos) SKIP_TEST(said.c_str());
            REQUIRE(said.empty());
            const auto svg = read_text(folder / "example.svg");
            const std::regex box(R"x(viewBox="0 0 (\d+) (\d+)")x"),
                text(R"x(translate\(([\d.]+),([\d.]+)\)"[^>]*>\s*<text>([^<]*)</text>)x");
            std::smatch size;
            REQUIRE(std::regex_search(svg, size, box));
            std::size_t names = 0;
            double label = 0;
            for (std::sregex_iterator at(svg.begin(), svg.end(), text), end; at != end; ++at) {
                const double x = std::stod((*at)[1]), y = std::stod((*at)[2]);
                if ((*at)[3] == plot.x.label) label = y;
                if (!(*at)[3].str().starts_with(name)) continue;
                ++names;
                INFO((*at)[3].str());
                CHECK(x + 5 * static_cast<double>(name.size()) < std::stod(size[1])); // 10 pixels: 5 a letter
                CHECK(y < std::stod(size[2]));
                CHECK(y > 240);
            }
            CHECK(names == lines);
            CHECK(label > 230);
            CHECK(label < 260);
        }
}

TEST_CASE("plots: without gnuplot, or if it fails, a sentence says why there are none", "[unit]") {
    const TempFolder folder;
    CHECK(draw({example()}, folder.path, 10, "no-such-gnuplot") ==
          "This report has no plots, because no-such-gnuplot is not installed (Debian and Ubuntu: apt-get install "
          "gnuplot-nox).");
    CHECK(contains(draw({example()}, folder.path, 10, "false"), "gnuplot ended with status 1"));
    CHECK(folder.names().empty());
    CHECK(draw({}, folder.path, 10, "no-such-gnuplot").empty());
}

TEST_CASE("plots: twelve methods and three controls differ, controls are grey and dashed, and every colour has a "
          "contrast of 3:1 to its page",
          "[unit]") {
    std::set<std::tuple<std::size_t, int, int>> looks;
    for (int style = -2; style <= 12; ++style) {
        const auto look = line_style(style);
        CHECK((look.variable == 0) == (style <= 0));
        if (style <= 0) CHECK(look.dash > 1);
        CHECK(looks.insert({look.variable, look.dash, look.marker}).second);
    }
    // Relative luminance and contrast of WCAG 2.
    const auto luminance = [](unsigned colour) {
        double sum = 0;
        for (const auto& [shift, weight] : {std::pair{16, 0.2126}, {8, 0.7152}, {0, 0.0722}}) {
            const double c = (colour >> shift & 255) / 255.0;
            sum += weight * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
        }
        return sum;
    };
    for (const auto& colour : line_colours) {
        CHECK(1.05 / (luminance(colour.light) + 0.05) >= 3);
        CHECK((luminance(colour.dark) + 0.05) / (luminance(0x16181a) + 0.05) >= 3);
    }
}

TEST_CASE("plots: a plot in words and as data", "[unit]") {
    Plot plot = example();
    plot.series.resize(1);
    CHECK(spoken(plot) == "An example. AUC, % by labelled images. method's \"0\" `x`: 60 at 35 to 70.5 at 700.");
    CHECK(plot_csv(plot) == "series,x,y,low,high\n\"method's \"\"0\"\" `x`\",35,60,58,62\n"
                            "\"method's \"\"0\"\" `x`\",700,70.5,68,72\n");
}

TEST_CASE("escape: HTML, LaTeX, names of files, base64", "[unit]") {
    CHECK(html_escaped("<a href='x'>&\"\x01\xff") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\\x01\\xFF");
    CHECK(latex_escaped("50 % ± 2 \\x_{y} é 中") == "50 \\% $\\pm$ 2 \\textbackslash{}x\\_\\{y\\} é {[}U+4E2D{]}");
    CHECK(file_stem("NIH, fine-tuned (5 %)") == "nih-fine-tuned-5");
    CHECK(file_stem("../../中") == "x");
    CHECK(file_stem(std::string(200, 'a')).size() == 80);
    CHECK(base64("") == "");
    CHECK(base64("M") == "TQ==");
    CHECK(base64("Ma") == "TWE=");
    CHECK(base64("Man") == "TWFu");
    CHECK(base64("\xff\xfe\xfd") == "//79");
}
