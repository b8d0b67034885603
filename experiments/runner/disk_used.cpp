#include "experiments/runner/disk_used.h"

#include "experiments/runner/artifacts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

double size_of(const fs::path& file) {
    std::error_code gone;
    const auto size = fs::file_size(file, gone);
    return gone ? 0 : static_cast<double>(size);
}

std::string size_text(double bytes) {
    return bytes < 1e9 ? fmt::format("{:.1f} MB", bytes / 1e6) : fmt::format("{:.2f} GB", bytes / 1e9);
}

} // namespace

std::map<std::string, double> disk_used(const fs::path& results) {
    std::map<std::string, double> used;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) used["results"] += size_of(results.string() + suffix);
    std::error_code none;
    for (const auto& folder : fs::directory_iterator(Artifacts(results).root, none)) {
        if (!folder.is_directory(none)) continue;
        double& bytes = used[folder.path().filename().string()];
        for (const auto& file : fs::recursive_directory_iterator(folder.path(), none))
            if (file.is_regular_file(none)) bytes += size_of(file.path());
    }
    return used;
}

std::string disk_used_text(const std::map<std::string, double>& used) {
    std::vector<std::pair<std::string, double>> sorted(used.begin(), used.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    double all = 0;
    std::vector<std::string> parts;
    for (const auto& [what, bytes] : sorted) {
        all += bytes;
        parts.push_back(what + " " + size_text(bytes));
    }
    return fmt::format("disk: {} ({})\n", size_text(all), fmt::join(parts, ", "));
}

} // namespace mlvicx
