#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace mlvicx {

/// `export --database`: a results file to hand on.
struct DatabaseExport {
    std::string target, source, experiment;
    std::vector<std::string> without;
    bool wanted() const { return !target.empty() || !source.empty(); }
};

/// Adds its options to `export`.
void add_database_export(CLI::App& command, DatabaseExport& options);

/// Writes the file and prints what is in it and what it lacks.
void export_database(const DatabaseExport& options);

} // namespace mlvicx
