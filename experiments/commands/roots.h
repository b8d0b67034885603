#pragma once

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// Adds --root NAME=FOLDER to a command that reads a plan; the result holds what was given.
std::shared_ptr<std::vector<std::string>> add_roots(CLI::App& command);

/// The folders by dataset. Throws UserError for an item that is not NAME=FOLDER and for a dataset given twice.
std::map<std::string, std::string> roots_from(const std::vector<std::string>& items);

} // namespace mlvicx
