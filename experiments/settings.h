#pragma once

#include "core/json.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The object that "optimizer.learning_rate=0.1" and its like describe, for an overlay: dots make groups, a value is
/// read as JSON and else is a text. Throws UserError naming `option` where an item is no KEY=VALUE.
json::object settings_from(const std::vector<std::string>& items, const char* option = "--set");

} // namespace mlvicx
