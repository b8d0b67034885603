#pragma once

#include "core/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// The place of a dotted key ("optimizer.learning_rate") in nested objects, which are made as needed. Null if something
/// else is there already.
json::value* place_of(json::object& object, std::string_view key);

/// The object described by items such as "optimizer.learning_rate=0.1", for an overlay. Dots make groups; a value is
/// parsed as JSON, or else taken as text. Throws UserError that names `option` if an item is not KEY=VALUE or sets a
/// key twice.
json::object settings_from(const std::vector<std::string>& items, const char* option = "--set");

/// Adds the value of a dedicated option (0: not given). Throws UserError if --set gives it too.
void add_setting(json::object& settings, const char* key, std::int64_t value, const char* option);

} // namespace mlvicx
