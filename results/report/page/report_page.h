#pragma once

#include "results/report/page/page.h"
#include "results/report/report.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// The page of an experiment (empty name: the one used last).
Page report_page(Store& store, const std::string& experiment, const ReportFigures& figures);

/// What a folder of a report holds.
struct WrittenReport {
    std::filesystem::path page;
    std::size_t sections = 0, tables = 0, plots = 0, pictures = 0;
    std::string no_plots; ///< why there are none, and what to install; empty if there are
};

/// Writes index.html, report.md, data/ (the CSVs of write_report), plots/ (each as SVG, PDF and
/// CSV), tables/ (each as LaTeX, CSV and Markdown) and pictures/ into `folder`: complete next to it first, then in
/// place of what an earlier report left there. Throws UserError if the folder cannot be written, is a file, or holds
/// something else than a report. Inside a Transaction everything is made from one state of the file. `published`:
/// figures to show next to the experiment's.
WrittenReport write_report_folder(Store& store, const std::string& experiment, const std::filesystem::path& folder,
                                  bool all = false, const std::vector<PublishedFigure>& published = {});

/// Throws the UserErrors of write_report_folder that need no report.
void require_report_folder(const std::filesystem::path& folder);

} // namespace mlvicx
