#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace mlvicx {

struct ExplainOptions {
    std::filesystem::path plan;
    std::filesystem::path results; ///< empty: nothing is done yet
    std::map<std::string, std::string> roots;
    std::string device;          ///< empty: the plan's
    bool measure = false;        ///< trains the plan's methods here
    double measure_seconds = 20; ///< for about this long in all
};

/// What a plan will do and need, as text of at most 80 columns (paths and labels may be longer): its jobs and how many
/// are done, datasets, files and folders with those that are missing, disk, memory, and estimated time. Reads tables
/// and prepared files; writes nothing. Throws UserError for a mistake in the plan or an unusable results file;
/// anything that the plan needs and that is missing is part of the text.
std::string explain_plan(const ExplainOptions& options);

} // namespace mlvicx
