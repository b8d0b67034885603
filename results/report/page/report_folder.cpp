#include "core/error.h"
#include "core/files.h"
#include "results/report/page/html.h"
#include "results/report/page/report_page.h"
#include "results/report/page/table_files.h"
#include "results/report/plots/gnuplot.h"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace mlvicx {

namespace {

namespace fs = std::filesystem;

constexpr const char* page_name = "index.html";
constexpr const char* pictures = "pictures";
constexpr std::string_view generator = "<meta name=\"generator\" content=\"mlvicx-bench ";

/// A file of the folder under construction; the folder appears as a whole, so a single file needs no rename.
void put(const fs::path& file, std::string_view text) {
    std::ofstream out(file, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) user_error("{}: cannot be written", file.string());
}

/// Removes the folder at the end, unless it has been moved.
struct Unfinished {
    fs::path folder;
    explicit Unfinished(fs::path path) : folder(std::move(path)) {}
    ~Unfinished() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
};

/// Moves everything into `folder`, which may have an earlier report's files; the page last.
void move_into(const fs::path& made, const fs::path& folder) {
    fs::create_directories(folder);
    const auto move = [&](const fs::path& from) {
        const fs::path to = folder / from.filename(), old = made / (from.filename().string() + ".old");
        std::error_code absent;
        fs::rename(to, old, absent);
        fs::rename(from, to);
    };
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(made))
        if (entry.path().filename() != page_name) entries.push_back(entry.path());
    for (const auto& entry : entries) move(entry);
    std::error_code absent;
    if (std::find(entries.begin(), entries.end(), made / pictures) == entries.end())
        fs::rename(folder / pictures, made / pictures, absent); // of an earlier report
    move(made / page_name);
}

void write_tables(const Page& page, const fs::path& folder) {
    for (const auto& section : page.sections)
        for (const auto& table : section.tables) {
            put(folder / (table.name + ".tex"), table_latex(table));
            put(folder / (table.name + ".csv"), table_csv(table));
            put(folder / (table.name + ".md"), table_md(table));
        }
    put(folder / "all-tables.tex", all_tables_latex(page));
}

} // namespace

void require_report_folder(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_directory(folder, error))
        user_error("{}: is a file, expected a folder for the report", folder.string());
    if (fs::is_directory(folder, error) && !fs::is_empty(folder, error)) {
        const fs::path page = folder / page_name;
        if (!fs::is_regular_file(page, error) || read_text(page).find(generator) == std::string::npos)
            user_error("{}: holds other files, expected a new or empty folder, or one with an earlier report",
                       folder.string());
    }
}

WrittenReport write_report_folder(Store& store, const std::string& experiment, const fs::path& folder, bool all,
                                  const std::vector<PublishedFigure>& published) {
    require_report_folder(folder);
    const fs::path target = (fs::absolute(folder) / "").lexically_normal().parent_path(); // without a final slash
    require_writable_folder(target.parent_path());
    const Unfinished made(partial_name(target));
    for (const char* part : {"data", "plots", "tables"}) fs::create_directories(made.folder / part);

    auto figures = report_figures(store, experiment, grid(store, experiment, all), all);
    if (!published.empty()) add_published(store, experiment, published, figures);
    for (const auto& [ending, text] : report_files(store, experiment, figures))
        put(ending == ".md" ? made.folder / "report.md" : made.folder / "data" / ("report" + ending), text);

    const auto page = report_page(store, experiment, figures);
    write_tables(page, made.folder / "tables");
    std::vector<Plot> plots;
    WrittenReport written{folder / page_name, page.sections.size(), 0, 0, 0, ""};
    for (const auto& section : page.sections) {
        plots.insert(plots.end(), section.plots.begin(), section.plots.end());
        written.tables += section.tables.size();
        written.pictures += section.pictures.size();
        for (const auto& picture : section.pictures) {
            fs::create_directories(made.folder / pictures);
            put(made.folder / pictures / (picture.name + (picture.is_jpeg() ? ".jpg" : ".png")), picture.bytes);
        }
    }
    written.no_plots = draw(plots, made.folder / "plots");
    if (written.no_plots.empty()) written.plots = plots.size();
    for (const auto& plot : plots) put(made.folder / "plots" / (plot.name + ".csv"), plot_csv(plot));
    auto shown = page;
    if (!written.no_plots.empty()) shown.warnings.push_back(written.no_plots);
    put(made.folder / page_name, html_of(shown, [&](const Plot& plot) {
            return written.no_plots.empty() ? read_text(made.folder / "plots" / (plot.name + ".svg")) : std::string();
        }));
    try {
        move_into(made.folder, target);
    } catch (const fs::filesystem_error& error) {
        user_error("{}: cannot be written: {}", folder.string(), error.code().message());
    }
    return written;
}

} // namespace mlvicx
