#pragma once

#include <filesystem>
#include <functional>

namespace mlvicx {

/// Runs `check` unless it has already passed in this process for this file in its current state (identity, size and
/// times). Exceptions propagate, and the next call checks again. `check` may take long: a second thread waits for it.
void verify_once(const std::filesystem::path& file, const std::function<void()>& check);

} // namespace mlvicx
