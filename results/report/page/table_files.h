#pragma once

#include "results/report/page/page.h"

#include <string>

namespace mlvicx {

/// The entries as the page prints them, with the signs of the marks.
std::string table_csv(const PageTable& table);
std::string table_md(const PageTable& table);
/// A table environment for a paper: booktabs, the best in bold, ties with "≈"; needs only the package booktabs and T1
/// fonts.
std::string table_latex(const PageTable& table);
/// A document that has all these tables, to look at and to check: inputs NAME.tex of each.
std::string all_tables_latex(const Page& page);

} // namespace mlvicx
