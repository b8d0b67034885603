#include "experiments/commands/arguments.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace mlvicx {

namespace {

constexpr std::size_t width = 98, longest_name = 28;

/// Wraps `text` at `width`. The first line starts at `column`; the others are indented by `indent` blanks. Line breaks
/// in the text are kept.
std::string wrapped(const std::string& text, std::size_t column, std::size_t indent) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
        if (column + (end - at) > width && column > indent) {
            while (!result.empty() && result.back() == ' ') result.pop_back();
            result += '\n' + std::string(indent, ' ');
            column = indent;
        }
        result += text.substr(at, end - at);
        column += end - at;
        if (end < text.size()) {
            const bool line = text[end] == '\n';
            result += line ? '\n' + std::string(indent, ' ') : " ";
            column = line ? indent : column + 1;
        }
        at = end + 1;
    }
    return result;
}

/// A name and its meaning, in two columns.
std::string row(const std::string& name, const std::string& meaning) {
    std::string text = "  " + name;
    const std::size_t column = longest_name + 4;
    if (name.size() > longest_name)
        text += '\n' + std::string(column, ' ');
    else
        text.resize(column, ' ');
    return text + wrapped(meaning, column, column) + '\n';
}

std::string option_row(const CLI::Option& option) {
    const auto [type, values] = value_of(option);
    std::string name;
    for (const auto& text : option.get_snames()) name += "-" + text + ", ";
    for (const auto& text : option.get_lnames()) name += "--" + text + ", ";
    if (!name.empty()) name.resize(name.size() - 2);
    if (option.get_positional()) name = option.get_name(true);
    if (!option.get_positional() && !type.empty()) name += ' ' + type;
    std::vector<std::string> notes;
    if (option.get_required()) notes.emplace_back("required");
    if (!values.empty()) notes.push_back(values);
    std::string standard = option.get_default_str();
    if (standard.starts_with('[')) standard = standard.substr(1, standard.size() - 2); // of a list
    if (!standard.empty() && !option.get_required()) notes.push_back("default " + standard);
    const std::string tail = notes.empty() ? "" : fmt::format(" [{}]", fmt::join(notes, "; "));
    return row(name, option.get_description() + tail);
}

} // namespace

OptionValue value_of(const CLI::Option& option) {
    const std::string text = option.get_type_name();
    const std::size_t colon = std::min(text.find(':'), text.size());
    std::string type = text.substr(0, colon), allowed = colon < text.size() ? text.substr(colon + 1) : "";
    if (type == "INT" || type == "UINT" || type == "FLOAT") type = "N";
    if (type == "TEXT") type = "NAME";
    return {option.get_items_expected_max() == 0 ? "" : type, allowed};
}

void group_options(CLI::App& command, const std::string& heading, const std::vector<std::string>& options) {
    for (const auto& name : options) command.get_option(name)->group(heading);
}

void add_examples(CLI::App& command, const std::vector<std::string>& lines) {
    command.footer(fmt::format("{}", fmt::join(lines, "\n")));
}

std::string help_page(const CLI::App* app, std::string /*name*/, CLI::AppFormatMode /*mode*/) {
    std::string usage = "mlvicx-bench";
    if (app->get_parent() != nullptr) usage += ' ' + app->get_name();
    const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
    if (!commands.empty()) usage += " COMMAND";
    std::map<std::string, std::vector<const CLI::Option*>> groups;
    std::vector<std::string> headings{"Arguments"}; // in the order of the options
    const auto add = [&](const std::string& heading, const CLI::Option* option) {
        if (std::find(headings.begin(), headings.end(), heading) == headings.end()) headings.push_back(heading);
        groups[heading].push_back(option);
    };
    for (const auto* option : app->get_options()) {
        if (option == app->get_help_ptr() || option->get_group().empty()) continue;
        if (option->get_positional())
            usage += ' ' + option->get_name(true) + (option->get_items_expected_max() > 1 ? "..." : "");
        add(option->get_positional() ? "Arguments" : option->get_group(), option);
    }
    add("Any command", app->get_help_ptr());
    if (const auto* program = app->get_parent())
        for (const auto* option : program->get_options())
            if (option != program->get_help_ptr() && option->get_group() == "Any command") add("Any command", option);

    std::string page = wrapped(app->get_description(), 0, 0) + "\n\nUsage: " + usage + " [OPTIONS]\n";
    if (!commands.empty()) page += "\nCommands\n";
    for (const auto* command : commands) page += row(command->get_name(), command->get_description());
    for (const auto& heading : headings) {
        if (groups[heading].empty()) continue;
        page += '\n' + heading + '\n';
        for (const auto* option : groups[heading]) page += option_row(*option);
    }
    const std::string footer = app->get_footer();
    if (footer.empty()) return page;
    page += "\nExamples\n  ";
    for (const char c : footer) page += c == '\n' ? std::string("\n  ") : std::string(1, c);
    return page + '\n';
}

} // namespace mlvicx
