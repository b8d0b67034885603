#pragma once

#include "core/config.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mlvicx {

// Checks for CLI::Option::check. Each reads the whole text of an argument, before CLI11 does, and says in words what
// is expected; a help page shows its description in brackets.

/// Decimal digits without a plus sign or leading zeros, from `low` to `high`.
CLI::Validator whole_number(std::int64_t low = 0, std::int64_t high = std::numeric_limits<std::int64_t>::max());
/// A finite decimal number in the range.
CLI::Validator real_number(const Range& range);
/// How many images are labelled: a share above 0 and up to 1, or a whole number of images above 1.
CLI::Validator label_amount();
/// One of these names.
CLI::Validator one_of(const std::vector<std::string>& names);

/// Puts a command's options under a heading of its help page. Throws CLI::OptionNotFound for a name that it lacks.
void group_options(CLI::App& command, const std::string& heading, const std::vector<std::string>& options);
/// Command lines at the end of a command's help page, each as one would type it.
void add_examples(CLI::App& command, const std::vector<std::string>& lines);

/// A command's help page, at most 98 columns wide; of the program itself, the list of commands.
std::string help_page(const CLI::App* app, std::string name, CLI::AppFormatMode mode);

/// What is wrong with a command line that CLI11 did not take, in one sentence.
std::string mistake_of(const CLI::App& app, const CLI::ParseError& error);

} // namespace mlvicx
