#include "experiments/plan_paths.h"

#include "core/error.h"

#include <cstdlib>

namespace mlvicx {

namespace fs = std::filesystem;

std::string resolved_path(const PlanText& plan, const std::string& path, const std::string& key,
                          std::vector<UnsetVariable>* unset) {
    const fs::path& file = plan.file_of(key);
    std::string result;
    for (std::size_t at = 0; at < path.size();) {
        const bool variable = path.compare(at, 2, "${") == 0;
        const std::size_t end = variable ? path.find('}', at) : at;
        if (end == std::string::npos) user_error("{}: {} is \"{}\", \"${{\" without \"}}\"", file.string(), key, path);
        if (!variable) {
            result += path[at++];
            continue;
        }
        const std::string name = path.substr(at + 2, end - at - 2);
        const char* value = std::getenv(name.c_str());
        if (!value || !*value) {
            if (unset == nullptr)
                user_error("{}: {} is \"{}\", but the environment variable {} is not set", file.string(), key, path,
                           name);
            unset->push_back({file.string(), key, path, name});
            return path;
        }
        result += value;
        at = end + 1;
    }
    return (fs::absolute(file).parent_path() / result).lexically_normal().string(); // an absolute result stays
}

} // namespace mlvicx
