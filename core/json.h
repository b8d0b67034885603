#pragma once

#include <boost/json.hpp>

#include <filesystem>
#include <string>

namespace mlvicx {

namespace json = boost::json;

/// Reads a JSON file. Throws UserError naming the file and, for a syntax error, its line and column.
json::value read_json(const std::filesystem::path& file);

/// Canonical text: keys sorted, no whitespace, shortest numbers that read back the same. Equal values give equal text,
/// so hashes are computed from it.
std::string canonical(const json::value& value);

/// Indented text for people.
std::string pretty(const json::value& value);

} // namespace mlvicx
