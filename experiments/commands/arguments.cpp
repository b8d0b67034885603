#include "experiments/commands/arguments.h"

#include "core/suggest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mlvicx {

namespace {

/// The number that all of `text` spells.
template <typename T> bool read_number(const std::string& text, T& value) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

std::string found(const std::string& text, const std::string& expected) {
    return fmt::format("found \"{}\", expected {}", text, expected);
}

std::string range_words(const Range& range) {
    const std::string high = std::isfinite(range.high) ? fmt::format(" to {}", range.high) : "";
    if (!std::isfinite(range.low)) return high.empty() ? "of any size" : "up" + high;
    return fmt::format("{} {}{}{}", range.low_open ? "above" : "from", range.low,
                       range.low_open && !high.empty() ? " and up" : "", high);
}

/// A hint for common mistakes in numbers.
std::string advice_on(const std::string& text) {
    if (text.ends_with('%')) return " (0.01 for 1 %)";
    if (text.find(',') != std::string::npos) return " (with a decimal point: 0.1)";
    return {};
}

/// All options of the called command and of the program.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
    std::vector<const CLI::Option*> options = app.get_options();
    for (const auto* command : app.get_subcommands())
        for (const auto* option : options_of(*command)) options.push_back(option);
    return options;
}

std::string help_hint(const CLI::App& app) {
    const auto called = app.get_subcommands();
    return fmt::format("mlvicx-bench {}--help", called.empty() ? "" : called.front()->get_name() + " ");
}

std::string unexpected(const CLI::App& app, const std::vector<std::string>& extras) {
    const auto option =
        std::find_if(extras.begin(), extras.end(), [](const auto& text) { return text.starts_with('-'); });
    const bool no_command = app.get_subcommands().empty() && !extras.front().starts_with('-');
    if (option != extras.end() && !no_command) {
        std::vector<std::string> known;
        for (const auto* each : options_of(app))
            for (const auto& name : each->get_lnames()) known.push_back("--" + name);
        const std::string name = option->substr(0, option->find('='));
        return fmt::format("unknown option {}{}; {} lists the options", name, did_you_mean(name, known),
                           help_hint(app));
    }
    if (!app.get_subcommands().empty())
        return fmt::format("unexpected argument \"{}\"; see {}", extras.front(), help_hint(app));
    std::vector<std::string> commands;
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
        commands.push_back(command->get_name());
    return fmt::format("unknown command \"{}\", expected one of: {}{}", extras.front(), fmt::join(commands, ", "),
                       did_you_mean(extras.front(), commands));
}

} // namespace

CLI::Validator whole_number(std::int64_t low, std::int64_t high) {
    const bool open = high == std::numeric_limits<std::int64_t>::max();
    const std::string range = fmt::format("from {}{}", low, open ? "" : fmt::format(" to {}", high));
    const auto check = [low, high, range](std::string& text) -> std::string {
        std::int64_t value = 0;
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        const bool octal = digits && text.size() > 1 && text[0] == '0'; // for CLI11, which takes 010 as eight
        const bool number = read_number(text, value) && !octal;
        if (number && value >= low && value <= high) return {};
        if (digits && !octal && !number) return found(text, fmt::format("at most {}", high));
        return found(text, "a whole number " + range);
    };
    return CLI::Validator(check, range);
}

CLI::Validator real_number(const Range& range) {
    const std::string words = range_words(range);
    const auto check = [range, words](std::string& text) -> std::string {
        double value = 0;
        if (read_number(text, value) && std::isfinite(value) && range.holds(value)) return {};
        return found(text, "a number " + words + advice_on(text));
    };
    return CLI::Validator(check, words);
}

CLI::Validator label_fraction() {
    const auto check = [](std::string& text) -> std::string {
        double value = 0;
        const bool number = read_number(text, value) && std::isfinite(value);
        if (number && value > 0 && (value <= 1 || value == std::floor(value))) return {};
        return found(text, "a fraction above 0 and up to 1, or a whole number of images" + advice_on(text));
    };
    return CLI::Validator(check, "a fraction up to 1, or a number of images");
}

CLI::Validator one_of(const std::vector<std::string>& names) {
    const std::string list = fmt::format("{}", fmt::join(names, ", "));
    const auto check = [names, list](std::string& text) -> std::string {
        if (std::find(names.begin(), names.end(), text) != names.end()) return {};
        return found(text, "one of: " + list + did_you_mean(text, names));
    };
    return CLI::Validator(check, list);
}

std::string mistake_of(const CLI::App& app, const CLI::ParseError& error) {
    // An unknown argument explains why another one seems to be missing.
    if (const auto extras = app.remaining(true); !extras.empty()) return unexpected(app, extras);
    if (app.get_subcommands().empty()) return "expected a command; mlvicx-bench --help lists the commands";
    for (const auto* option : options_of(app))
        if (option->get_items_expected_max() == 1 && option->count() > 1)
            return fmt::format("{} is given {} times, expected once", option->get_name(), option->count());
    std::string text = error.what();
    if (error.get_name() == "RequiredError")
        return fmt::format("{}: {}; see {}", app.get_subcommands().front()->get_name(), text, help_hint(app));
    if (error.get_name() == "ArgumentMismatch") text = text.substr(0, text.find(':')) + " has no value, expected one";
    return text;
}

} // namespace mlvicx
