#include "tests/support/catch.h"

#include "core/files.h"
#include "results/metrics/classification.h"
#include "results/report/page/report_page.h"
#include "results/report/page/table_files.h"
#include "tests/support/html_check.h"
#include "tests/support/paged_experiment.h"
#include "tests/support/report_csv.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

using namespace mlvicx;
using namespace results_test;

namespace {

namespace fs = std::filesystem;

bool has_program(const char* name) {
    return std::system(fmt::format("command -v {} >/dev/null 2>&1", name).c_str()) == 0;
}

std::vector<html::Element> named(const std::vector<html::Element>& elements, const std::string& name) {
    std::vector<html::Element> found;
    for (const auto& element : elements)
        if (element.name == name) found.push_back(element);
    return found;
}

/// The cells of a CSV file, line by line; the reports' quoting.
std::vector<std::vector<std::string>> cells_of(const std::string& csv) {
    std::vector<std::vector<std::string>> lines(1, {""});
    bool quoted = false;
    for (const char c : csv) {
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == ',')
            lines.back().emplace_back();
        else if (!quoted && c == '\n')
            lines.push_back({""});
        else
            lines.back().back() += c;
    }
    lines.pop_back();
    return lines;
}

/// Without the sign of a tie, with single blanks.
std::string words(std::string text) {
    for (auto at = text.find(" ≈"); at != std::string::npos; at = text.find(" ≈"))
        text.erase(at, std::string(" ≈").size());
    return text;
}

/// The lines of a page's tables by their ids, as CSVs have them.
std::map<std::string, std::vector<std::vector<std::string>>> tables_of(const std::vector<html::Element>& elements) {
    std::map<std::string, std::vector<std::vector<std::string>>> tables;
    std::string id;
    for (const auto& element : elements) {
        if (element.name == "caption") id = element.attributes.at("id");
        if (element.name == "tr") tables[id].emplace_back();
        if (element.name == "th" || element.name == "td") tables[id].back().push_back(words(element.text));
    }
    return tables;
}

struct Written {
    TempFolder folder;
    std::vector<html::Element> elements;
    std::string page;

    explicit Written(const std::vector<std::string>& methods, const std::string& dataset = "nih") {
        Store store(folder / "results.db");
        make_paged(store, methods, dataset);
        write_report_folder(store, "", folder / "out");
        page = read_text(folder / "out/index.html");
        elements = html::elements_of(page);
    }
};

} // namespace

TEST_CASE("page: one well-formed file that needs nothing else, its links lead somewhere", "[unit]") {
    const Written written({"mlvicx", "byol", "random"});
    for (const char* outside : {"http:", "https:", "//", "<script", "url(", "@import", "<link", "<iframe"})
        CHECK_FALSE(contains(written.page, outside));
    std::set<std::string> ids;
    for (const auto& element : written.elements)
        if (const auto id = element.attributes.find("id"); id != element.attributes.end()) {
            INFO(id->second);
            CHECK(ids.insert(id->second).second);
        }
    for (const auto& element : named(written.elements, "a")) {
        const auto target = element.attributes.at("href");
        INFO(target);
        if (target[0] == '#')
            CHECK(ids.contains(target.substr(1)));
        else if (!target.starts_with("plots/") || has_program("gnuplot"))
            CHECK(fs::exists(written.folder / "out" / target));
    }
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator(written.folder / "out")) left.push_back(entry.path().filename());
    std::sort(left.begin(), left.end());
    CHECK(left == std::vector<std::string>{"data", "index.html", "plots", "report.md", "tables"});
    CHECK(written.folder.names() == std::vector<std::string>{"out", "results.db"});
}

TEST_CASE("page: landmarks, headings, captions and text alternatives are there", "[unit]") {
    const Written written({"mlvicx", "byol", "random"});
    CHECK(named(written.elements, "html").front().attributes.at("lang") == "en");
    for (const char* once : {"main", "nav", "header", "footer", "h1", "title"})
        CHECK(named(written.elements, once).size() == 1);
    CHECK(named(written.elements, "a").front().attributes.at("href") == "#content");
    const auto tables = named(written.elements, "table");
    CHECK(tables.size() > 5);
    CHECK(named(written.elements, "caption").size() == tables.size());
    for (const auto& heading : named(written.elements, "th")) CHECK(heading.attributes.contains("scope"));
    for (const auto& picture : named(written.elements, "img")) CHECK(picture.attributes.contains("alt"));
    for (const auto& drawing : named(written.elements, "svg"))
        CHECK((drawing.attributes.contains("aria-label") || drawing.attributes.contains("aria-hidden")));
    if (has_program("gnuplot")) CHECK(named(written.elements, "figure").size() >= 5);
    const auto sections = named(written.elements, "section");
    std::vector<std::string> names;
    for (const auto& section : sections) names.push_back(section.attributes.at("id"));
    for (const char* name : {"leaderboard", "findings", "pairs", "controls", "health", "provenance"})
        CHECK(std::find(names.begin(), names.end(), name) != names.end());
    CHECK(contains(written.page, "Says what it is."));
    CHECK(contains(written.page, "prefers-color-scheme: dark"));
    CHECK(contains(written.page, "@media print"));
}

TEST_CASE("page: a control without labels does not flatten the curves: its figures stand under them", "[unit]") {
    const Written written({"mlvicx", "random", "shuffled"});
    if (!has_program("gnuplot")) SKIP_TEST("gnuplot is not installed");
    const auto captions = named(written.elements, "figcaption");
    REQUIRE_FALSE(captions.empty());
    CHECK(contains(captions.front().text, "not drawn: shuffled, "));
    const auto curve = read_text(written.folder / "out/plots/curves-nih-frozen-linear-probe.csv");
    CHECK(contains(curve, "random"));
    CHECK_FALSE(contains(curve, "shuffled"));
}

TEST_CASE("page: every entry of its tables is that of the table's CSV, and the leaderboard that of the data",
          "[unit]") {
    const Written written({"mlvicx", "byol", "random"});
    const auto tables = tables_of(written.elements);
    CHECK(tables.size() > 5);
    for (const auto& [id, lines] : tables) {
        INFO(id);
        const auto csv = cells_of(read_text(written.folder / "out/tables" / (id.substr(6) + ".csv")));
        REQUIRE(csv.size() == lines.size());
        for (std::size_t l = 1; l < csv.size(); ++l) CHECK(csv[l] == lines[l]);
    }
    const auto data = plain::lines_by(read_text(written.folder / "out/data/report.csv"), {"method", "fraction"});
    const auto& leaderboard = tables.at("table-leaderboard-nih-frozen-linear-probe");
    REQUIRE(leaderboard.size() == 4);
    for (std::size_t l = 1; l < leaderboard.size(); ++l)
        for (std::size_t c = 1; c < 3; ++c) {
            const auto& line = data.at(leaderboard[l][0] + (c == 1 ? ",0.1" : ",1"));
            const auto expected =
                fmt::format("{:.1f} ({:.1f}–{:.1f}) ", 100 * plain::number(line, "auc_mean"),
                            100 * plain::number(line, "auc_low"), 100 * plain::number(line, "auc_high"));
            INFO(leaderboard[l][c]);
            CHECK(leaderboard[l][c].starts_with(expected));
        }
}

TEST_CASE("page: names are data, whatever they hold", "[unit]") {
    const TempFolder elsewhere;
    const auto proof = (elsewhere / "proof").string();
    const Written written({"<script>alert(1)</script>", "'; system \"touch " + proof + "\"; '", "`touch " + proof + "`",
                           "a \\textbf{|} 50 % & $x_1$ \"é\" \xff", "random"},
                          "x & y\n<b>");
    CHECK_FALSE(fs::exists(proof));
    CHECK_FALSE(contains(written.page, "<script"));
    CHECK_FALSE(contains(written.page, "<b>"));
    CHECK(contains(written.page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    if (has_program("gnuplot")) CHECK(named(written.elements, "figure").size() >= 5);
}

TEST_CASE("page: LaTeX tables compile", "[unit]") {
    const Written written({"mlvicx_50%", "a \\textbf{|} & $x_1$ \"é\" ~^#\xff 中", "random"});
    const auto text = read_text(written.folder / "out/tables/leaderboard-nih-frozen-linear-probe.tex");
    CHECK(contains(text, "\\toprule"));
    CHECK(contains(text, "\\textbf{"));
    CHECK(contains(text, "mlvicx\\_50\\%"));
    if (!has_program("pdflatex")) SKIP_TEST("pdflatex is not installed");
    const auto command = fmt::format("cd '{}' && pdflatex -halt-on-error -interaction=nonstopmode all-tables.tex "
                                     ">log.txt 2>&1",
                                     (written.folder / "out/tables").string());
    INFO(command);
    CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("page: stored pictures are inside, with what they show in words, and files of their own", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_paged(store, {"mlvicx", "random"});
    store.db().run("INSERT INTO pictures SELECT id, 'heatmaps', 'rows: <images>', x'89504e47' FROM jobs "
                   "WHERE hash = '0 1 0'");
    write_report_folder(store, "", folder / "out");
    const auto images = named(html::elements_of(read_text(folder / "out/index.html")), "img");
    REQUIRE(images.size() == 1);
    CHECK(images[0].attributes.at("src") == "data:image/png;base64,iVBORw==");
    CHECK(images[0].attributes.at("alt") == "mlvicx, nih, frozen (linear probe), 100 %, seed 0: rows: <images>");
    CHECK(std::distance(fs::directory_iterator(folder / "out/pictures"), {}) == 1);
    store.db().run("UPDATE pictures SET png = x'ffd8ff'"); // stored as JPEG where a PNG would be too large
    write_report_folder(store, "", folder / "out");
    const auto photo = named(html::elements_of(read_text(folder / "out/index.html")), "img");
    CHECK(photo.at(0).attributes.at("src") == "data:image/jpeg;base64,/9j/");
    CHECK(fs::directory_iterator(folder / "out/pictures")->path().extension() == ".jpg");
    store.db().run("DELETE FROM pictures");
    write_report_folder(store, "", folder / "out");
    CHECK_FALSE(fs::exists(folder / "out/pictures")); // not those of the earlier report
}

TEST_CASE("page: plots show a few of many methods and say so, tables show all", "[unit]") {
    std::vector<std::string> methods = {"random"};
    for (int i = 1; i <= 12; ++i) methods.push_back(fmt::format("method {}", i));
    const Written written(methods);
    const auto tables = tables_of(written.elements);
    CHECK(tables.at("table-leaderboard-nih-frozen-linear-probe").size() == 14);
    CHECK(contains(written.page, "12 of 13 methods: the controls and the highest at the largest fraction"));
    if (!has_program("gnuplot")) return;
    CHECK(contains(written.page, "8 of 13 methods: the controls and the highest at the largest fraction"));
    const auto curve =
        plain::lines_by(read_text(written.folder / "out/plots/curves-nih-frozen-linear-probe.csv"), {"series", "x"});
    CHECK(curve.size() == 16);
    CHECK(curve.contains("random,70"));
}

TEST_CASE("page: the best of a column is bold, ties by the paired test are marked", "[unit]") {
    PageTable table;
    table.table.columns = {{"10 %", ""}, {"100 %", ""}};
    table.table.lines = {{"a", {"60.1 (59.0–61.0)", "…"}}, {"b", {"60.4", "80.0"}}, {"c", {"58.0", "80.0"}}};
    mark_best(table, [](std::size_t best, std::size_t other, std::size_t column) {
        CHECK(best == 1);
        CHECK(column == 0);
        return std::optional(other == 0 ? 0.05 : 0.049);
    });
    CHECK(table.marks[1][0].best);
    CHECK(table.marks[0][0].tied);
    CHECK_FALSE(table.marks[2][0].tied);
    CHECK_FALSE(table.marks[0][1].best);
    CHECK(table.marks[1][1].best); // printed alike: both
    CHECK(table.marks[2][1].best);
    CHECK(contains(table_latex(table), "a & 60.1 (59.0--61.0) $\\approx$ & \\ldots{} \\\\"));
    CHECK(contains(table_latex(table), "b & \\textbf{60.4} & \\textbf{80.0} \\\\"));
    CHECK(contains(table_md(table), "| b | **60.4** | **80.0** |"));
    CHECK(table_csv(table) == "method,10 %,100 %\na,60.1 (59.0–61.0),…\nb,60.4,80.0\nc,58.0,80.0\n");
}
