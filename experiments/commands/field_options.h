#pragma once

#include "core/config.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// Adds an option to `command` for every field, with its help, its type, its range or choices and its default. The
/// option is named --its-name, --group-its-name in a group, or as its FieldKey says. A bool becomes a flag that turns
/// it on. The options of a group have its name as their heading. The fields must outlive the parsing of the command
/// line. Returns the options.
std::vector<CLI::Option*> add_options(CLI::App& command, const std::string& heading,
                                      const std::function<void(Fields&)>& fields);

} // namespace mlvicx
