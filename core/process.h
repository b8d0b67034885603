#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mlvicx {

/// This machine's name, or "unknown".
std::string host_name();

/// True if `pid` is the id of a process on this machine that no longer exists. False for text that is not a number.
bool process_is_gone(std::string_view pid);

/// Removes files and folders in `folder` whose partial name (partial_name in core/files.h, "NAME.partial-PID@HOST")
/// belongs to a dead process of this machine; with `below`, in all subfolders too.
void remove_left_behind(const std::filesystem::path& folder, bool below = false);

} // namespace mlvicx
