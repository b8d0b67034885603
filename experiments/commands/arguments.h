#pragma once

#include "core/config.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mlvicx {

// Checks for CLI::Option::check. Each reads the whole text of an argument before CLI11 does, and tells the user in
// words what is expected; help pages show the description in brackets.

/// Decimal digits without a plus sign or leading zeros, from `low` to `high`.
CLI::Validator whole_number(std::int64_t low = 0, std::int64_t high = std::numeric_limits<std::int64_t>::max());
/// A finite decimal number in the range.
CLI::Validator real_number(const Range& range);
/// A label fraction above 0 and up to 1, or a whole number of labelled images above 1.
CLI::Validator label_fraction();
/// One of these names.
CLI::Validator one_of(const std::vector<std::string>& names);

/// Puts options of a command under a heading of its help page. Throws CLI::OptionNotFound for an unknown name.
void group_options(CLI::App& command, const std::string& heading, const std::vector<std::string>& options);
/// Example command lines for the end of a help page, as the user would type them.
void add_examples(CLI::App& command, const std::vector<std::string>& lines);

/// What an option takes. CLI11 keeps both as "TYPE:values".
struct OptionValue {
    std::string type;    ///< "FILE", "NAME", "N" (a number) ...; empty: a flag
    std::string allowed; ///< "frozen, knn", "from 1 to 10"; empty: anything
};
OptionValue value_of(const CLI::Option& option);

/// The help page of a command, at most 98 columns wide; for the program itself, the list of commands.
std::string help_page(const CLI::App* app, std::string name, CLI::AppFormatMode mode);

/// One sentence that says what is wrong with a command line that CLI11 rejected.
std::string mistake_of(const CLI::App& app, const CLI::ParseError& error);

} // namespace mlvicx
