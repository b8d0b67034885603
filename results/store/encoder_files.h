#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <functional>
#include <string>

namespace mlvicx {

/// Changes where finished evaluations say that their encoder's file is (details.weights.file). `place` gets the id of
/// the encoder's weights (config.weights) and the path, and returns the new path. Details that were intact get a new
/// digest; of others the digest stays wrong, for `verify` to find. Returns the number of changed evaluations.
std::int64_t
place_encoder_files(Sqlite& db,
                    const std::function<std::string(const std::string& id, const std::string& file)>& place);

} // namespace mlvicx
