#pragma once

#include "core/config.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

/// Adds an option to `command` for every field: --its-name, or --group-its-name in a group, or the name that its
/// FieldKey gives; with its help, what it takes, its range or choices and its default. A bool becomes a flag that turns
/// it on. A group's options have its name as their heading. The fields must live until the command line is parsed.
/// Returns the options.
std::vector<CLI::Option*> add_options(CLI::App& command, const std::string& heading,
                                      const std::function<void(Fields&)>& fields);

} // namespace mlvicx
