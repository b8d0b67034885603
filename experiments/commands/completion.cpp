#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <sstream>

namespace mlvicx {

namespace {

/// An option, or an argument without a name, as shells complete it.
struct Completed {
    std::vector<std::string> names; ///< "-q", "--quiet"; empty: an argument without a name
    std::string help;               ///< the first sentence
    std::string type;               ///< "FILE", "FOLDER", ...; empty: takes no value
    std::vector<std::string> words; ///< values that it allows; empty: others
};

struct Command {
    std::string name, help;
    std::vector<Completed> options;
};

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> words;
    std::istringstream in(list);
    for (std::string word; std::getline(in >> std::ws, word, ',');) {
        if (word.find(' ') != std::string::npos) return {}; // a range in words: "from 1 to 10"
        words.push_back(word);
    }
    return words;
}

Completed completed(const CLI::Option& option) {
    Completed result;
    for (const auto& name : option.get_snames()) result.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) result.names.push_back("--" + name);
    const OptionValue value = value_of(option);
    result.type = value.type;
    if (value.type == "NAME") result.words = split(value.allowed);
    const std::string help = option.get_description();
    result.help = help.substr(0, help.find_first_of(";\n"));
    return result;
}

void collect_options(std::vector<Completed>& options, const CLI::App& app) {
    for (const auto* option : app.get_options())
        if (app.get_parent() == nullptr || option != app.get_help_ptr()) options.push_back(completed(*option));
}

/// All commands with their options, and last, without a name, the options of any command.
std::vector<Command> commands_of(const CLI::App& app) {
    std::vector<Command> result;
    for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; })) {
        result.push_back({each->get_name(), each->get_description(), {}});
        result.back().help = result.back().help.substr(0, result.back().help.find(';'));
        collect_options(result.back().options, *each);
    }
    result.push_back({});
    collect_options(result.back().options, app);
    return result;
}

/// `text` with a backslash before each of `special`.
std::string escaped(const std::string& text, const std::string& special) {
    std::string result;
    for (const char c : text) {
        if (special.find(c) != std::string::npos) result += '\\';
        result += c;
    }
    return result;
}

/// A word of the shell, in single quotes.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

std::string names_in(const std::vector<Completed>& options) {
    std::vector<std::string> names;
    for (const auto& option : options)
        for (const auto& name : option.names) names.push_back(name);
    return fmt::format("{}", fmt::join(names, " "));
}

/// Without a match bash completes file names.
std::string bash_completion(const std::vector<Command>& commands) {
    std::string values, options, names;
    for (const auto& command : commands) {
        for (const auto& option : command.options)
            for (const auto& name : option.names) {
                const std::string place = command.name.empty() ? "*" : command.name;
                if (!option.words.empty())
                    values += fmt::format("    {}:{}) words=\"{}\" ;;\n", place, name, fmt::join(option.words, " "));
                else if (!option.type.empty())
                    values += fmt::format("    {}:{}) return ;;\n", place, name);
            }
        if (command.name.empty()) continue;
        options += fmt::format("      {}) words=\"{}\" ;;\n", command.name, names_in(command.options));
        names += (names.empty() ? "" : " ") + command.name;
    }
    return fmt::format(R"(# bash completion of mlvicx-bench
_mlvicx_bench() {{
  local word command= words= current=${{COMP_WORDS[COMP_CWORD]}}
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    if [[ $word != -* ]]; then command=$word && break; fi
  done
  case $command:${{COMP_WORDS[COMP_CWORD - 1]}} in
{}    *)
      case $command in
      '') words="{}" ;;
{}      esac
      if [[ -n $command && $current != -* ]]; then return; fi
      words+=" {}"
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _mlvicx_bench mlvicx-bench
)",
                       values, names, options, names_in(commands.back().options));
}

/// One argument of zsh's _arguments.
std::string zsh_spec(const Completed& option, const std::string& name) {
    const std::string text = name.empty() ? "*" : fmt::format("*{}[{}]", name, escaped(option.help, "[]:\\"));
    if (option.type.empty() && !name.empty()) return quoted(text.substr(1));
    std::string action = option.type == "FOLDER" ? "_files -/" : option.type == "N" ? " " : "_files";
    if (!option.words.empty()) action = fmt::format("({})", fmt::join(option.words, " "));
    return quoted(fmt::format("{}:{}:{}", text, escaped(option.type, ":"), action));
}

std::string zsh_specs(const std::vector<Completed>& options, const std::string& indent) {
    std::string result;
    for (const auto& option : options) {
        if (option.names.empty()) result += " \\\n" + indent + zsh_spec(option, "");
        for (const auto& name : option.names) result += " \\\n" + indent + zsh_spec(option, name);
    }
    return result;
}

std::string zsh_completion(const std::vector<Command>& commands) {
    std::string names, cases;
    for (const auto& command : commands) {
        if (command.name.empty()) continue;
        names += "    " + quoted(command.name + ":" + escaped(command.help, ":\\")) + "\n";
        cases += fmt::format("    {})\n      _arguments \"$common[@]\"{}\n      ;;\n", command.name,
                             zsh_specs(command.options, "        "));
    }
    return fmt::format(R"(#compdef mlvicx-bench
_mlvicx_bench() {{
  local context state line curcontext=$curcontext
  local -a commands common
  commands=(
{}  )
  common=({}
  )
  _arguments -C "$common[@]" '1:command:->command' '*::arguments:->arguments'
  case $state in
  command) _describe command commands ;;
  arguments)
    case $words[1] in
{}    esac
    ;;
  esac
}}
_mlvicx_bench "$@"
)",
                       names, zsh_specs(commands.back().options, "    "), cases);
}

std::string fish_completion(const std::vector<Command>& commands) {
    std::string text = "# fish completion of mlvicx-bench\ncomplete -c mlvicx-bench -f\n";
    for (const auto& command : commands) {
        const std::string when =
            command.name.empty() ? "" : fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
        if (!command.name.empty())
            text += fmt::format("complete -c mlvicx-bench -n __fish_use_subcommand -a {} -d {}\n", command.name,
                                quoted(command.help));
        for (const auto& option : command.options) {
            std::string line = "complete -c mlvicx-bench" + when;
            for (const auto& name : option.names)
                line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!option.words.empty())
                line += fmt::format(" -x -a {}", quoted(fmt::format("{}", fmt::join(option.words, " "))));
            else if (!option.type.empty())
                line += option.names.empty() ? " -F" : option.type == "N" ? " -x" : " -r -F";
            text += line + (option.names.empty() ? "" : " -d " + quoted(option.help)) + "\n";
        }
    }
    return text;
}

struct Shell {
    const char* name;
    std::string (*script)(const std::vector<Command>&);
};
constexpr Shell shells[] = {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

} // namespace

void add_completion(CLI::App& app) {
    auto* command = app.add_subcommand("completion", "Print the script with which a shell completes command lines");
    auto name = std::make_shared<std::string>();
    std::vector<std::string> names;
    for (const auto& shell : shells) names.emplace_back(shell.name);
    command->add_option("SHELL", *name, "The shell")->required()->check(one_of(names));
    add_examples(*command, {"mlvicx-bench completion bash > mlvicx-bench.bash",
                            "mlvicx-bench completion fish > mlvicx-bench.fish"});
    command->callback([&app, name] {
        for (const auto& shell : shells)
            if (*name == shell.name) std::fputs(shell.script(commands_of(app)).c_str(), stdout);
    });
}

} // namespace mlvicx
