#include "experiments/commands/roots.h"

#include "core/error.h"

namespace mlvicx {

std::shared_ptr<std::vector<std::string>> add_roots(CLI::App& command) {
    auto roots = std::make_shared<std::vector<std::string>>();
    command.add_option("--root", *roots, "Folder with the original files of the plan's dataset NAME")
        ->allow_extra_args(false)
        ->type_name("NAME=FOLDER");
    return roots;
}

std::map<std::string, std::string> roots_from(const std::vector<std::string>& items) {
    std::map<std::string, std::string> roots;
    for (const auto& item : items) {
        const std::size_t equals = item.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == item.size())
            user_error("--root has \"{}\", expected NAME=FOLDER", item);
        if (!roots.emplace(item.substr(0, equals), item.substr(equals + 1)).second)
            user_error("--root has {} twice, expected once", item.substr(0, equals));
    }
    return roots;
}

} // namespace mlvicx
