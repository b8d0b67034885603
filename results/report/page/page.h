#pragma once

#include "results/report/plots/plot.h"
#include "results/report/table.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

// The model of a report's page: what it shows, free of how. page/html.h writes it as a page, page/table_files.h its
// tables as LaTeX, Markdown and CSV. A section of plain tables is one line: tables_section("subgroups", "Subgroups",
// "What it shows.", subgroup_tables(...)).

/// What a page adds to one entry of a table.
struct Mark {
    bool best = false;          ///< the highest of its column (or line): bold
    bool tied = false;          ///< not distinguishable from the best by the paired test: "≈"
    std::optional<double> heat; ///< background, from -1 (orange) over 0 (none) to 1 (blue)
    std::string link;           ///< anchor on the page that says where the figure comes from; empty: none
};

struct PageTable {
    Table table;
    std::string name;                     ///< of its files; filled in by name_files
    std::vector<std::vector<Mark>> marks; ///< [lines][columns], or empty
    std::vector<std::string> anchors;     ///< of each line, for links to it; or empty

    PageTable() = default;
    PageTable(Table shown) : table(std::move(shown)) {}
    /// `marks` with a place for every entry.
    std::vector<std::vector<Mark>>& all_marks();
};

struct Picture {
    std::string name;    ///< of its file; filled in by name_files
    std::string caption; ///< also read out
    std::string bytes;   ///< of a PNG or JPEG file

    bool is_jpeg() const { return bytes.starts_with("\xFF\xD8"); }
};

/// A long text, shown folded: a configuration, a plan.
struct Listing {
    std::string anchor, title, text;
};

struct Section {
    std::string id, title;
    std::vector<std::string> text; ///< paragraphs before its figures
    std::vector<Plot> plots;
    std::vector<PageTable> tables;
    std::vector<Picture> pictures;
    std::vector<std::string> legend; ///< what the signs mean, after the figures
    std::vector<Listing> listings;

    Section(std::string anchor, std::string heading) : id(std::move(anchor)), title(std::move(heading)) {}
    bool empty() const {
        return text.empty() && plots.empty() && tables.empty() && pictures.empty() && listings.empty();
    }
};

struct Page {
    std::string title;
    std::string about;                                      ///< the plan's own words
    std::vector<std::pair<std::string, std::string>> facts; ///< name and value: jobs, datasets, seeds, versions
    std::vector<std::string> warnings;                      ///< what a reader must know first
    std::vector<Section> sections;                          ///< none is empty
};

/// A section of tables with a paragraph; empty if there are no tables.
Section tables_section(std::string id, std::string title, std::string text, std::vector<Table> tables);

/// The p value of the paired test between two lines of a table, in one column; nullopt: not tested.
using PairedTest = std::function<std::optional<double>(std::size_t line, std::size_t other, std::size_t column)>;

/// Marks the highest printed number of each column (or of each line, with `in_lines`) as best; with a test also those
/// that it does not tell from the best (p of 0.05 or more). The first `from` columns, and entries that do not begin
/// with a number, do not count.
void mark_best(PageTable& table, const PairedTest& test = {}, bool in_lines = false, std::size_t from = 0);
/// Explains these marks, if there are any.
std::vector<std::string> legend_of_marks(const std::vector<PageTable>& tables);

/// Gives every table, plot and picture a name of its own, from its section and title.
void name_files(Page& page);

} // namespace mlvicx
