#pragma once

#include <filesystem>
#include <string>

namespace mlvicx {

/// Logs this process to `file`, next to its results: lines "2026-03-01 12:00:00 [PID] text" in local time, each written
/// immediately and in one piece, so several processes may share the file. Lines from before `log_to` (the last
/// thousand) are written first. A log that cannot be written does not stop the run: a warning is printed once and the
/// run continues without a log.
void log_to(const std::filesystem::path& file);

/// Like `log_to`, into RESULTS.log next to RESULTS.db.
void log_beside(const std::filesystem::path& results);

/// Writes a line to the log only; `say` writes to the log too.
void log_line(const std::string& line);

} // namespace mlvicx
