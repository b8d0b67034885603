#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mlvicx {

/// This machine's name, or "unknown".
std::string host_name();

/// True where `pid` is the number of a process of this machine that no longer is. False for a text that is no number.
bool process_is_gone(std::string_view pid);

/// Removes files and folders whose partial name (partial_name in core/files.h, "NAME.partial-PID@HOST") is of a process
/// of this machine that is gone, in `folder`; with `below` also in all folders under it.
void remove_left_behind(const std::filesystem::path& folder, bool below = false);

} // namespace mlvicx
