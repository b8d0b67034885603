#pragma once

#include <filesystem>
#include <string>

namespace mlvicx {

/// A log of the process beside its results: lines "2026-03-01 12:00:00 [PID] text" in local time, each written at once
/// and whole, so that several processes may share the file. Lines from before `log_to` (the last thousand) come first.
/// A log that cannot be written is no reason to stop: it is said once, and the run goes on without.
void log_to(const std::filesystem::path& file);

/// As `log_to`, into RESULTS.log beside RESULTS.db.
void log_beside(const std::filesystem::path& results);

/// One line of the log alone; `say` writes there too.
void log_line(const std::string& line);

} // namespace mlvicx
