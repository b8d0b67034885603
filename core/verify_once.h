#pragma once

#include <filesystem>
#include <functional>

namespace mlvicx {

/// Runs `check` unless it has already passed in this process for this file as it is (its identity, size and times).
/// What it throws is passed on, and the next call checks again. `check` may be long: a second thread waits for it.
void verify_once(const std::filesystem::path& file, const std::function<void()>& check);

} // namespace mlvicx
