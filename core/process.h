#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mlvicx {

/// This machine's name, or "unknown".
std::string host_name();

/// True if `pid` is the id of a process on this machine that no longer exists. False for text that is not a number.
bool process_is_gone(std::string_view pid);

/// True if the path has a partial name (partial_name in core/files.h, "NAME.partial-PID@HOST") of a dead process of
/// this machine.
bool is_left_behind(const std::filesystem::path& path);

/// Removes files and folders in `folder` that are left behind; with `below`, in all subfolders too.
void remove_left_behind(const std::filesystem::path& folder, bool below = false);

} // namespace mlvicx
