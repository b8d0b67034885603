#include "experiments/shipped_plans.h"

#include "core/error.h"
#include "core/suggest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace mlvicx {

namespace fs = std::filesystem;

fs::path shipped_plans_folder() {
    if (const char* given = std::getenv("MLVICX_PLANS"); given && *given) return given;
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed).parent_path();
    for (const char* place : {"../share/mlvicx-bench/plans", "../../experiments/plans"}) // PREFIX/bin, build/PRESET
        if (const fs::path folder = (program / place).lexically_normal(); fs::is_directory(folder, failed))
            return folder;
    return {};
}

std::vector<std::string> plan_names(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code failed;
    for (const auto& entry : fs::recursive_directory_iterator(folder, failed))
        if (entry.path().extension() == ".json")
            names.push_back(entry.path().lexically_relative(folder).replace_extension().string());
    std::sort(names.begin(), names.end());
    return names;
}

fs::path plan_file(const fs::path& plan) {
    if (plan.extension() == ".json" || fs::is_regular_file(plan)) return plan;
    const fs::path folder = shipped_plans_folder();
    const fs::path shipped = folder / (plan.string() + ".json");
    if (!folder.empty() && fs::is_regular_file(shipped)) return shipped;
    if (folder.empty()) user_error("{}: there is no such file, expected a plan (JSON)", plan.string());
    const auto names = plan_names(folder);
    user_error("{}: there is no such file, nor a plan of this name in {}, expected a JSON file or one of: {}{}",
               plan.string(), folder.string(), fmt::join(names, ", "), did_you_mean(plan.string(), names));
}

} // namespace mlvicx
