#pragma once

#include "core/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// The object that "optimizer.learning_rate=0.1" and its like describe, for an overlay: dots make groups, a value is
/// read as JSON and else is a text. Throws UserError naming `option` where an item is no KEY=VALUE or a key is set
/// twice.
json::object settings_from(const std::vector<std::string>& items, const char* option = "--set");

/// Adds what an option of its own says (0: not given). Throws UserError where --set has it too.
void add_setting(json::object& settings, const char* key, std::int64_t value, const char* option);

} // namespace mlvicx
