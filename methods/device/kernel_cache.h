#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace mlvicx {

/// Where compiled kernels are kept between runs: $XDG_CACHE_HOME/mlvicx-bench/kernels, or below $HOME/.cache; empty if
/// neither variable is set.
std::filesystem::path kernel_cache_folder();

/// The code stored under `key` (letters and digits) in `folder`, else what `make` returns, which is stored. A damaged
/// file is made again. Where nothing can be stored, or without a folder, nothing is.
std::string cached_code(const std::filesystem::path& folder, const std::string& key,
                        const std::function<std::string()>& make);

} // namespace mlvicx
