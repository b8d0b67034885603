#pragma once

#include "results/store/store.h"

#include <filesystem>
#include <functional>

namespace mlvicx {

/// Makes a new results file to hand on: one file without a write-ahead log. `fill` gets an empty one; `target` appears
/// when that has returned, and if it throws nothing is left. Throws UserError if `target` exists or cannot be written.
void write_new(const std::filesystem::path& target, const std::function<void(Store&)>& fill);

} // namespace mlvicx
